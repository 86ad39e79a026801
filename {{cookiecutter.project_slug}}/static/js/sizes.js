/** Sizes of files as people here write them, the same as Django's `filesizeformat`. */

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

/** @param {number} bytes @param {string} [language] */
export function sizeText(bytes, language = document.documentElement.lang) {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const digits = power === 0 ? 0 : 1;
  const text = new Intl.NumberFormat(language, {
    style: "unit",
    unit: UNITS[power],
    unitDisplay: power === 0 ? "long" : "short",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(bytes / 1024 ** power);
  return text.replace("kB", "KB"); // as Django writes it, for it means 1024
}
