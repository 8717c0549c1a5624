/** Colours and other orders to a terminal (ECMA-48): a control sequence, a string with its end, or two characters. */
// eslint-disable-next-line no-control-regex
const ORDERS = /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-OQ-WYZ\\`-~])/g;

/** A line as it reads: what it tells a terminal is left out, and so is what Windows ends it with. */
export function plainText(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  return text.includes('\x1b') ? text.replaceAll(ORDERS, '') : text;
}
