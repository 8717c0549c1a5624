import { expect, test } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import { machineWith } from './support.ts';

test.each([
  ['the first that others may reach', ['127.0.0.1', '192.0.2.7', '192.0.2.8'], '192.0.2.7'],
  ['none of the link alone', ['127.0.0.1', '169.254.3.3', '198.51.100.1'], '198.51.100.1'],
  ['none without a network', ['127.0.0.1'], undefined],
])('its address is %s', (_, addresses, expected) => {
  expect(machineWith(new FakeClock(), addresses).address()).toBe(expected);
});

test('owns what it has now, and all of its loopback', async () => {
  const clock = new FakeClock();
  const addresses = ['127.0.0.1', '192.0.2.7'];
  const machine = machineWith(clock, addresses);
  expect(['127.0.0.53', '192.0.2.7', '192.0.2.9'].map((each) => machine.owns(each))).toEqual([true, true, false]);
  addresses[1] = '192.0.2.9';
  await clock.advance(1000);
  expect(['192.0.2.7', '192.0.2.9'].map((each) => machine.owns(each))).toEqual([false, true]);
});
