// Apple's names for keyboards and contents in the browser's words, and dates in Apple's formats.

const INPUT_MODES = {
  numbersAndPunctuation: "numeric",
  URL: "url",
  numberPad: "numeric",
  phonePad: "tel",
  namePhonePad: "text",
  emailAddress: "email",
  decimalPad: "decimal",
  webSearch: "search",
};

const AUTOCOMPLETE = {
  name: "name",
  namePrefix: "honorific-prefix",
  givenName: "given-name",
  middleName: "additional-name",
  familyName: "family-name",
  nameSuffix: "honorific-suffix",
  nickname: "nickname",
  jobTitle: "organization-title",
  organizationName: "organization",
  fullStreetAddress: "street-address",
  streetAddressLine1: "address-line1",
  streetAddressLine2: "address-line2",
  addressCity: "address-level2",
  addressState: "address-level1",
  countryName: "country-name",
  postalCode: "postal-code",
  telephoneNumber: "tel",
  emailAddress: "email",
  URL: "url",
  username: "username",
  oneTimeCode: "one-time-code",
};

// Both spellings are about: `emailAddress` and `UIKeyboardTypeEmailAddress`.
export function inputMode(keyboard) {
  const bare = (keyboard ?? "").replace(/^UIKeyboardType/, "").toLowerCase();
  return Object.entries(INPUT_MODES).find(([name]) => name.toLowerCase() === bare)?.[1] ?? "text";
}

export function autocomplete(content) {
  return AUTOCOMPLETE[content] ?? "off";
}

// Whether an input is as its page asks: present, and of the form of its regular expression.
export function fitsRule(value, { required, regex }) {
  if (value === "") return required !== true;
  if (!regex) return true;
  try {
    return new RegExp(regex, "u").test(value);
  } catch {
    return true; // not of this dialect: the device decides
  }
}

// A date in a format such as `MM/dd/yyyy`, as `yyyy-MM-dd`; null if it is not one.
export function readDate(text, format) {
  const names = [];
  const literal = (part) => part.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  const pattern = format
    .split(/(y+|M+|d+)/)
    .map((part) => {
      if (!/^(y+|M{1,2}|d{1,2})$/.test(part)) return literal(part);
      names.push(part[0]);
      return part[0] === "y" ? "(\\d{4})" : "(\\d{1,2})";
    })
    .join("");
  const found = new RegExp(`^${pattern}`).exec(text);
  if (!found) return /^\d{4}-\d\d-\d\d/.test(text) ? text.slice(0, 10) : null;
  const part = (name) => found[names.indexOf(name) + 1] ?? "1";
  return `${part("y")}-${part("M").padStart(2, "0")}-${part("d").padStart(2, "0")}`;
}

// A day, `yyyy-MM-dd`, in the customer's language.
export function writeDate(day, locale) {
  if (!day) return "";
  const date = new Date(`${day}T00:00:00Z`);
  return new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" }).format(date);
}

export function today() {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}
