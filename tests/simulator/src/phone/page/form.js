// Form: pages in a sheet, one after the other, as the answers lead; then perhaps a summary.

import { make, picture, words } from "./dom.js";
import { pageView } from "./form-pages.js";
import { imageOf } from "./message.js";
import { openSheet } from "./sheet.js";

export function openForm(entry, locale, reply) {
  const { message } = entry;
  const form = message.interactiveData.data.dynamic.data ?? {};
  const walk = new Walk(form, { message, locale, sheet: openSheet(), reply });
  if (form.splash?.buttonTitle) walk.splash();
  else walk.turnTo(form.startPageIdentifier);
}

// The way through one form: pages already answered, and what was answered on each.
class Walk {
  constructor(form, surroundings) {
    Object.assign(this, surroundings);
    this.form = form;
    this.title = this.message.interactiveData.receivedMessage?.title ?? "Form";
    this.answers = new Map(); // by page identifier; a page returned to keeps its answer
    this.path = [];
  }

  splash() {
    const { splash, startPageIdentifier } = this.form;
    const image = imageOf(this.message, splash.imageIdentifier);
    this.sheet.show({
      title: this.title,
      body: make(
        "div",
        { class: "splash" },
        image && picture("splash-image", image.data, image.description),
        words("h3", "splash-title", splash.header),
        words("p", "splash-words", splash.splashtext),
        this.privacy(),
      ),
      action: splash.buttonTitle,
      act: () => this.turnTo(startPageIdentifier),
    });
  }

  // Shows a page; null leaves the sheet open.
  turnTo(identifier) {
    const page = this.form.pages?.find((it) => it.pageIdentifier === identifier);
    if (!page) return this.finish();
    const view = pageView(this.message, page, this.answers.get(identifier), this.locale);
    const keep = () => this.answers.set(identifier, view.answer());
    const first = this.path.length === 0;
    const last = this.isLast(page);
    this.sheet.show({
      title: page.title ?? this.title,
      body: make(
        "div",
        { class: "page", "data-page": identifier },
        words("p", "question", page.subtitle),
        view.body,
        first && !this.form.splash?.buttonTitle && this.privacy(),
      ),
      action: last && !this.form.showSummary ? "Send" : "Next",
      ready: view.ready,
      act: () => {
        keep();
        this.path.push(identifier);
        return this.forward(page);
      },
      back: this.wayBack(keep),
    });
    return null;
  }

  // Back to the page before, or to the splash; nothing on the very first page.
  wayBack(keep) {
    if (this.path.length > 0) {
      return () => {
        keep?.();
        this.turnTo(this.path.pop());
      };
    }
    return this.form.splash?.buttonTitle ? () => this.splash() : undefined;
  }

  forward(page) {
    const next = this.next(page);
    return next === null ? this.finish() : this.turnTo(next);
  }

  finish() {
    if (!this.form.showSummary) return this.send();
    this.sheet.show({
      title: "Summary",
      body: make("div", {}, this.summary(), this.privacy()),
      action: "Send",
      act: () => this.send(),
      back: this.wayBack(),
    });
    return null;
  }

  send() {
    const pages = this.path.map((identifier) => {
      const { identifiers, value } = this.answers.get(identifier);
      return identifiers ? { pageIdentifier: identifier, identifiers } : { pageIdentifier: identifier, value };
    });
    return this.reply({ form: { pages } });
  }

  isLast(page) {
    const branches = !page.multipleSelection && page.items?.some((it) => it.nextPageIdentifier);
    return Boolean(page.submitForm) || (!page.nextPageIdentifier && !branches);
  }

  // The page after this one, as its answer leads; null after the last.
  next(page) {
    if (page.submitForm) return null;
    const chosen = this.answers.get(page.pageIdentifier).identifiers ?? [];
    const item = page.items?.find((it) => it.identifier === chosen[0]);
    const branch = page.multipleSelection ? null : item?.nextPageIdentifier;
    return branch ?? page.nextPageIdentifier ?? null;
  }

  summary() {
    const rows = this.path.map((identifier) => {
      const page = this.form.pages.find((it) => it.pageIdentifier === identifier);
      const shown = this.answers.get(identifier).shown || "–";
      const question = page.subtitle ?? page.title ?? page.pickerTitle ?? identifier;
      return make("div", {}, words("dt", "", question), words("dd", "", shown));
    });
    return make("dl", { class: "summary" }, rows);
  }

  privacy() {
    if (!this.form.private) return null;
    return make("p", { class: "private" }, "Private: the business is asked to treat your answers with care.");
  }
}
