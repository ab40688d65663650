// The part of a page's script that reads and writes numbers.

// What Swift's Packed wrote.
const bytesOf = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
const floatsOf = text => new Float32Array(bytesOf(text).buffer);

const superscript = n => String(n).replace(/./g, c => c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]);

// A number for the eye, as NumberFormat.automatic writes it: four significant digits.
function numeral(value, digits = 4) {
  if (value == null || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(value)));
  let text;
  if (size < -4 || size >= 6) {
    const [head, power] = value.toExponential(digits - 1).split("e");
    text = `${head}\u202f×\u202f10${superscript(Number(power))}`;
  } else {
    text = Number.isInteger(value)
      ? String(value) : value.toFixed(clamp(digits - 1 - size, 0, 8));
  }
  return text.replace("-", "−");
}
