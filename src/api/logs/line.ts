import type { LogLine } from '../../store/logs/contract.ts';
import { cleanText } from '../../store/logs/run-body.ts';

/** µs by which a line may be ahead of this clock: one from the future would be the newest, and be kept, for ever */
const MAX_AHEAD = 60_000_000;

/**
 * A line as it is kept, whoever says what it is.
 * @param at µs since the epoch
 * @param now ms since the epoch
 */
export const keptLine = (at: number, stream: LogLine['stream'], text: string, now: number): LogLine => ({
  at: Math.max(0, Math.min(at, now * 1000 + MAX_AHEAD)),
  stream,
  text: cleanText(text),
});
