use amb_protocol::secret::Secret;

use super::*;
use crate::{memory::Memory, port::Clock};

struct World {
    memory: Memory,
    key: ServiceKey,
    pointer: PaymentPointer,
    expires_at: Timestamp,
}

impl World {
    fn new() -> Self {
        let memory = Memory::new(1);
        let key = ServiceKey::derive(&Secret::new(vec![9; 32])).unwrap();
        let pointer = pointer(&memory);
        let expires_at = memory.now() + SignedDuration::from_hours(24);
        Self { memory, key, pointer, expires_at }
    }

    fn issue(&self, step: Step) -> String {
        Capability::issue(
            &self.key,
            "https://pay.example.com/",
            &self.pointer,
            step,
            self.expires_at,
        )
    }

    fn open(&self, payment: &str, capability: &str, step: Step) -> Opened {
        Capability::open(&self.key, payment, capability, step, self.memory.now())
    }
}

fn pointer(memory: &Memory) -> PaymentPointer {
    PaymentPointer { tenant: TenantId::draw(memory), payment: PaymentId::draw(memory) }
}

fn parts(url: &str) -> [String; 3] {
    let path = url.strip_prefix("https://pay.example.com/pay/").unwrap();
    let parts: Vec<_> = path.split('/').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

#[test]
fn an_address_opens_its_payment_and_step() {
    let world = World::new();
    for step in Step::ALL {
        let [payment, capability, name] = parts(&world.issue(step));
        assert_eq!(Step::parse(&name), Some(step));
        let opened = world.open(&payment, &capability, step);
        assert_eq!(opened, Opened { pointer: world.pointer.clone(), holds: true });
        assert!(capability.len() < 70, "{capability}");
    }
}

#[test]
fn p001_no_bit_of_an_address_can_be_flipped() {
    let world = World::new();
    let [payment, capability, _] = parts(&world.issue(Step::Gateway));
    for at in 0..capability.len() {
        for bit in 0..8 {
            let mut forged = capability.clone().into_bytes();
            forged[at] ^= 1 << bit;
            let Ok(forged) = String::from_utf8(forged) else { continue };
            assert!(!world.open(&payment, &forged, Step::Gateway).holds, "{at}.{bit}");
        }
        let (short, _) = capability.split_at(at);
        assert!(!world.open(&payment, short, Step::Gateway).holds, "{at}");
    }
    for odd in ["", ".", "...", "....", "a.b.c.d", &format!("{capability}A"), "\0"] {
        assert!(!world.open(&payment, odd, Step::Gateway).holds, "{odd}");
    }
}

#[test]
fn p001_an_address_is_good_for_its_payment_tenant_and_step_only() {
    let world = World::new();
    let [payment, capability, _] = parts(&world.issue(Step::Fallback));
    for step in Step::ALL {
        assert_eq!(world.open(&payment, &capability, step).holds, step == Step::Fallback);
    }
    let other = pointer(&world.memory);
    assert!(!world.open(other.payment.as_str(), &capability, Step::Fallback).holds);
    let foreign = capability.replace(bare(&world.pointer.tenant), bare(&other.tenant));
    assert!(!world.open(&payment, &foreign, Step::Fallback).holds);
    for odd in ["", "pay_", "../x", &payment.to_ascii_uppercase()] {
        assert!(!world.open(odd, &capability, Step::Fallback).holds, "{odd}");
    }
    let elsewhere = ServiceKey::derive(&Secret::new(vec![8; 32])).unwrap();
    let opened =
        Capability::open(&elsewhere, &payment, &capability, Step::Fallback, world.memory.now());
    assert!(!opened.holds, "another key");
}

#[test]
fn p001_an_address_runs_out_a_day_after_its_payment() {
    let world = World::new();
    let [payment, capability, _] = parts(&world.issue(Step::OrderTracking));
    let until = world.expires_at + GRACE;
    world.memory.world().now = until - SignedDuration::from_secs(1);
    assert!(world.open(&payment, &capability, Step::OrderTracking).holds);
    world.memory.world().now = until;
    assert!(!world.open(&payment, &capability, Step::OrderTracking).holds);
}
