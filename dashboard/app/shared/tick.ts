import { useEffect, useState } from 'react';
import { connection } from '../server/client.ts';

/**
 * Another number every so often, while the connection is there and the page in sight.
 * @param ms undefined: it stays the same
 */
export function useTick(ms: number | undefined): number {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    if (ms === undefined) return undefined;
    const timer = setInterval(() => {
      if (connection.state() === 'open' && document.visibilityState === 'visible') setTick((before) => before + 1);
    }, ms);
    return () => clearInterval(timer);
  }, [ms]);
  return tick;
}
