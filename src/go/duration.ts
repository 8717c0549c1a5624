const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A Go duration (`1h30m`, `-1.5s`) in milliseconds; undefined for what is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^([+-]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text);
  if (!match) return text === '0' || text === '+0' || text === '-0' ? 0 : undefined;
  let ms = 0;
  for (const [, number, unit] of (match[2] as string).matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy)) {
    ms += Number(number) * (UNITS[unit as string] as number);
  }
  return match[1] === '-' ? -ms : ms;
}

/** Why Go's time.ParseDuration does not take a text, in its words. */
export function durationError(text: string): string {
  const quoted = JSON.stringify(text);
  for (let rest = text.replace(/^[+-]/, ''); rest;) {
    const part = /^(?:\d+(?:\.\d*)?|\.\d+)([^\d.]*)/.exec(rest);
    if (!part) break;
    const unit = part[1] as string;
    if (!unit) return `time: missing unit in duration ${quoted}`;
    if (!Object.hasOwn(UNITS, unit)) return `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`;
    rest = rest.slice(part[0].length);
  }
  return `time: invalid duration ${quoted}`;
}

/** As Go prints a duration: `0s`, `1.5s`, `100ms`, `1h0m0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const sign = ms < 0 ? '-' : '';
  const abs = Math.abs(ms);
  const short = (n: number): string => String(Number(n.toFixed(6)));
  if (abs < 1e-3) return `${sign}${short(abs * 1e6)}ns`;
  if (abs < 1) return `${sign}${short(abs * 1e3)}µs`;
  if (abs < 1000) return `${sign}${short(abs)}ms`;
  const hours = Math.floor(abs / 3_600_000);
  const minutes = Math.floor((abs % 3_600_000) / 60_000);
  const seconds = String(Number(((abs % 60_000) / 1000).toFixed(9)));
  return `${sign}${hours ? `${hours}h` : ''}${hours || minutes ? `${minutes}m` : ''}${seconds}s`;
}
