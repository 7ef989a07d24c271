// What can be told of a page's accessibility by looking at it; runs inside the page.

// Faults, each as a sentence.
export function audit() {
  const faults = [];
  const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const where = (element) => element.outerHTML.slice(0, 120);
  const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);

  for (const element of all("button, a[href], input, select, textarea, [role=group], dialog, fieldset, video")) {
    if (!nameOf(element)) faults.push(`without a name: ${where(element)}`);
  }
  for (const image of all("img")) {
    if (!image.hasAttribute("alt")) faults.push(`a picture without alt: ${where(image)}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((it) => it.id);
  for (const id of new Set(ids.filter((it, index) => ids.indexOf(it) !== index))) {
    faults.push(`the id ${id} is there twice`);
  }
  if (!document.documentElement.lang) faults.push("the page does not say its language");
  if (document.querySelectorAll("h1").length !== 1) faults.push("there is not exactly one h1");
  if (document.documentElement.scrollWidth > innerWidth) faults.push("the page scrolls sideways");
  for (const element of all("button button, a button, button a, label label")) {
    faults.push(`a control inside a control: ${where(element)}`);
  }
  for (const element of all("*").filter(hasWords)) {
    const ratio = contrast(element);
    if (ratio < 4.5) faults.push(`contrast of ${ratio.toFixed(2)}: ${where(element)}`);
  }
  return faults;

  function nameOf(element) {
    const labelled = (element.getAttribute("aria-labelledby") ?? "").split(" ").filter(Boolean);
    const texts = [
      element.getAttribute("aria-label"),
      ...labelled.map((id) => document.getElementById(id)?.textContent),
      ...[...(element.labels ?? [])].map((label) => label.textContent),
      element.matches("fieldset") ? element.querySelector("legend")?.textContent : null,
      element.matches("button, a") ? element.textContent : null,
      ...[...element.querySelectorAll("img")].map((image) => image.alt),
    ];
    return texts.some((text) => text?.trim());
  }

  function hasWords(element) {
    const words = [...element.childNodes].some((it) => it.nodeType === Node.TEXT_NODE && it.data.trim());
    const open = document.querySelector("dialog[open]");
    const behind = open && !open.contains(element);
    return words && !behind && !element.closest(":disabled, .unseen, [aria-hidden=true], option");
  }

  function contrast(element) {
    const [light, dark] = [colourOf(element), groundOf(element)].map(luminance).sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  }

  function colourOf(element) {
    return parse(getComputedStyle(element).color);
  }

  // The first ground behind an element that is opaque, or nearly.
  function groundOf(element) {
    for (let it = element; it; it = it.parentElement) {
      const style = getComputedStyle(it);
      const colour = parse(style.backgroundColor);
      if (style.backgroundImage !== "none") return parse(style.backgroundImage.match(/rgba?\([^)]*\)/)[0]);
      if (colour[3] > 0.8) return colour;
    }
    return [255, 255, 255, 1];
  }

  function parse(colour) {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return [red, green, blue, alpha];
  }

  function luminance(colour) {
    const [red, green, blue] = colour.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
}
