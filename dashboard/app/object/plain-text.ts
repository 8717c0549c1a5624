/** Colours and other orders to a terminal (ECMA-48): a control sequence, a string with its end, or two characters. */
// eslint-disable-next-line no-control-regex
const ORDERS = /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-OQ-WYZ\\`-~])/g;

/** A line as it reads: what it tells a terminal is left out. */
export const plainText = (line: string): string => (line.includes('\x1b') ? line.replaceAll(ORDERS, '') : line);
