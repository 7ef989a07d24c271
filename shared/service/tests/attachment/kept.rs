//! The same content is kept once for a tenant, and never shared between two (F106).

use amb_service::model::Retention;

use super::scene::{PDF, PNG, Scene, film};

/// Hours for which a file stands for others of its content.
const SHARED: i64 = 6 * 24;

#[test]
fn f106_the_same_content_is_kept_once_and_told_twice() {
    let mut scene = Scene::new();
    let (first, second) = (scene.left("M1", PDF), scene.left("M2", PDF));
    let ids = scene.sends_all(&[
        first.attachment("terms.pdf", "application/pdf"),
        second.attachment("again.pdf", "application/pdf"),
        first.attachment("terms.pdf", "application/pdf"),
    ]);
    let files = ids.iter().map(|id| scene.stored(id)).collect::<Vec<_>>();
    assert!(files.iter().all(|file| file.file == files[0].file));
    assert_eq!(files[1].name.as_deref(), Some("again.pdf"), "each by its own name");
    assert_eq!(scene.world.world().files.len(), 1);
    let other = scene.left("M3", PNG);
    let id = scene.sends(other.attachment("photo.png", "image/png"));
    assert_ne!(scene.stored(&id).file, files[0].file);
}

#[test]
fn f106_the_same_content_of_large_files_is_kept_once() {
    let mut scene = Scene::new();
    let film = film(9 << 20);
    let (first, second) = (scene.left("M1", &film), scene.left("M2", &film));
    let first = scene.sends(first.attachment("one.mov", "video/quicktime"));
    let second = scene.sends(second.attachment("two.mov", "video/quicktime"));
    assert_eq!(scene.stored(&first).file, scene.stored(&second).file);
    assert_eq!(scene.world.world().files.len(), 1);
}

#[test]
fn f106_another_tenant_has_a_file_of_its_own() {
    let mut scene = Scene::new();
    let mut other = scene.another();
    let left = scene.left("M1", PDF);
    let entry = left.attachment("terms.pdf", "application/pdf");
    let (ours, theirs) = (scene.sends(entry.clone()), other.sends(entry));
    let (ours, theirs) = (scene.stored(&ours), other.stored(&theirs));
    assert_eq!(ours.sha256, theirs.sha256);
    assert_ne!(ours.file, theirs.file);
    assert!(ours.file.as_str().contains(scene.tenant.as_str()));
    assert!(theirs.file.as_str().contains(other.tenant.as_str()));
}

#[test]
fn f106_a_file_that_may_go_before_the_new_one_does_not_stand_for_it() {
    let mut scene = Scene::new();
    let left = scene.left("M1", PDF);
    let send = |scene: &mut Scene| {
        let id = scene.sends(left.attachment("terms.pdf", "application/pdf"));
        scene.stored(&id)
    };
    let first = send(&mut scene);
    scene.wait(SHARED - 1);
    let second = send(&mut scene);
    assert_eq!(first.file, second.file);
    assert!(second.expires_at > first.expires_at, "it lives as long as the later one");
    scene.wait(1);
    let third = send(&mut scene);
    assert_ne!(third.file, first.file, "the bucket's rule counts from when it was put there");
    scene.wait(SHARED - 1);
    assert_eq!(send(&mut scene).file, third.file);
    for tenant in scene.world.world().tenants.values_mut() {
        tenant.attachment_retention = Retention::Quarter;
    }
    assert_ne!(send(&mut scene).file, third.file, "it would be gone too soon");
}

#[test]
fn a_message_that_is_kept_no_more_names_no_file() {
    let mut scene = Scene::new();
    let left = scene.left("M1", PDF);
    let id = scene.sends(left.attachment("terms.pdf", "application/pdf"));
    scene.world.world().inbox.clear();
    assert_eq!(scene.failed(&id).0.as_str(), "incomplete");
}
