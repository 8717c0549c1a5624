import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AskedAgain } from '../../../dashboard/app/server/errors.ts';
import { newsOf } from '../../../dashboard/app/server/news.ts';
import { Refused } from '../../../dashboard/app/server/query.ts';
import { oneAtATime, untilAnswered } from '../../../dashboard/app/server/until-answered.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const refusal = (code: number) => new Refused([{ message: `code ${code}`, extensions: { code } }]);
const unanswered = new TypeError('Failed to fetch');
/** Answers that come one after the other; an error is thrown. */
const answering = (...answers: unknown[]) =>
  vi.fn<() => Promise<unknown>>(async () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  });
const listener = () => ({ answer: vi.fn<(answer: unknown) => void>(), error: vi.fn<(error: unknown) => void>() });

describe('what is asked until it is answered', () => {
  test.each([unanswered, new SyntaxError('no JSON'), refusal(503), refusal(429)])(
    'is asked again after %s, which is said',
    async (error) => {
      const ask = answering(error, error, 'answer');
      const tell = listener();
      untilAnswered(ask, tell);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(tell.error.mock.calls.map(([told]) => told instanceof AskedAgain)).toEqual([true, true]);
      expect(String(tell.error.mock.calls[0]?.[0])).toContain('asked again by itself');
      expect(tell.answer.mock.calls).toEqual([['answer']]);
      expect(ask).toHaveBeenCalledTimes(3);
    },
  );

  test.each([refusal(403), refusal(404), refusal(422), new Error('what it does not know')])(
    'is not asked again after %s',
    async (error) => {
      const tell = listener();
      const ask = answering(error);
      untilAnswered(ask, tell);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(tell.error.mock.calls).toEqual([[error]]);
      expect(ask).toHaveBeenCalledTimes(1);
    },
  );

  test('is asked less often the longer nobody answers, and no more when it is over', async () => {
    const ask = vi.fn<() => Promise<unknown>>(() => Promise.reject(unanswered));
    const tell = listener();
    const end = untilAnswered(ask, tell);
    await vi.advanceTimersByTimeAsync(60_000);
    const asked = ask.mock.calls.length;
    expect(asked).toBeGreaterThan(10);
    expect(asked).toBeLessThan(30);
    end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ask).toHaveBeenCalledTimes(asked);
  });
});

test('what is asked one at a time is asked once more for all who wanted it meanwhile', async () => {
  const ask = answering('first', 'second', 'third');
  const tell = listener();
  const { load, stop } = oneAtATime(ask, tell);
  load();
  load();
  load();
  await vi.advanceTimersByTimeAsync(0);
  expect(tell.answer.mock.calls).toEqual([['first'], ['second']]);
  load();
  stop();
  await vi.advanceTimersByTimeAsync(0);
  expect(tell.answer).toHaveBeenCalledTimes(2);
});

describe('a watch of what is served', () => {
  const added = { type: 'ADDED', initialEventsEnd: null };
  const end = { type: 'BOOKMARK', initialEventsEnd: true };
  const progress = { type: 'BOOKMARK', initialEventsEnd: null };
  test.each([
    ['nothing where it begins with what is known', 2, [added, added, end, progress], 0],
    ['of what came before it began', 1, [added, added, end], 1],
    ['of what went before it began', 3, [added, added, end], 1],
    ['of what comes and goes after it', 1, [added, end, added, { ...added, type: 'DELETED' }], 2],
    ['of all when it begins anew', 1, [added, end, added, end], 1],
  ])('tells %s', (_, known, heard, times) => {
    const tell = vi.fn<() => void>();
    const hear = newsOf(known, tell);
    for (const each of heard) hear(each);
    expect(tell).toHaveBeenCalledTimes(times);
  });
});
