// Misread: codes whose check digit is wrong for certain, told before the server is asked.
//
// Only where the symbol or the key itself says that there is one. A bare run of digits may be somebody's SKU.

/** True for an EAN, UPC-A or SSCC with a wrong check digit. */
export function isMisread(raw) {
  const [, aim, data] = raw.match(/^(\][A-Za-z][0-9])?(.*)$/s);
  if (aim === "]E0" && data.length === 8) return false; // a UPC-E that was not expanded: the digit is that of the UPC-A
  if (aim === "]E0" || aim === "]E4") return !hasCheckDigit(data);
  const sscc = data.match(/^\x1d?00(\d{18})\x1d?$/);
  return sscc !== null && (!aim || aim === "]C1" || aim === "]d2") && !hasCheckDigit(sscc[1]);
}

/** GS1's mod 10 with weights 3 and 1 from the right (General Specifications 7.9). */
function hasCheckDigit(digits) {
  if (!/^\d+$/.test(digits)) return false;
  const sum = [...digits].reverse().reduce((total, digit, place) => total + Number(digit) * (place % 2 ? 3 : 1), 0);
  return sum % 10 === 0;
}
