import { useEffect, useState } from 'react';
import { connection } from '../server/client.ts';

/** Another number every so often, ms, while the connection is there and the page in sight. */
export function useTick(ms: number): number {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (connection.state() === 'open' && document.visibilityState === 'visible') setTick((before) => before + 1);
    }, ms);
    return () => clearInterval(timer);
  }, [ms]);
  return tick;
}
