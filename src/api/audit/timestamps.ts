/** ms that the two clocks may be apart before the finer one is set anew: somebody has set the system's. */
const MAX_APART_MS = 5;
let origin = performance.timeOrigin;

/** ms since the epoch, with fractions: events of one request are told apart by microseconds. */
export function preciseNow(): number {
  const now = origin + performance.now();
  const apart = Date.now() - now;
  if (apart <= MAX_APART_MS && apart >= -MAX_APART_MS) return now;
  origin += apart;
  return now + apart;
}

let second = NaN;
let head = '';

/** RFC 3339 with microseconds, as metav1.MicroTime is written: `2026-01-02T03:04:05.000006Z`. */
export function microTime(ms: number): string {
  const micros = Math.floor(ms * 1000);
  const whole = Math.floor(micros / 1e6);
  // most events are of the second that the one before was of
  if (whole !== second) {
    second = whole;
    head = new Date(whole * 1000).toISOString().slice(0, -4);
  }
  return `${head}${String(micros - whole * 1e6).padStart(6, '0')}Z`;
}
