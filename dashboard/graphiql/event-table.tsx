import { Fragment, useState, useSyncExternalStore } from 'react';
import type { EventLog } from './event-log.ts';

/** The last events of a subscription, newest first; a click on one shows the whole of it. */
export function EventTable({ log }: { log: EventLog }) {
  const events = useSyncExternalStore(log.subscribe, log.snapshot);
  const [open, setOpen] = useState<number>();
  const [newest] = events;
  if (!newest) return null;
  return (
    <div className="ku7s-events">
      <table>
        <caption>
          {newest.number === 1 ? 'One event' : `${newest.number} events`}
          {newest.number > events.length && `, the last ${events.length} of them`}
        </caption>
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col">Time</th>
            <th scope="col">Type</th>
            <th scope="col">Object</th>
          </tr>
        </thead>
        <tbody>
          {events.map(({ number, at, type, object, payload }) => (
            <Fragment key={number}>
              <tr>
                <td>
                  <button
                    type="button"
                    aria-expanded={open === number}
                    aria-label={`Event ${number}`}
                    onClick={() => setOpen(open === number ? undefined : number)}
                  >
                    {number}
                  </button>
                </td>
                <td>{at.toLocaleTimeString()}</td>
                <td>{type}</td>
                <td title={object}>{object}</td>
              </tr>
              {open === number && (
                <tr>
                  <td colSpan={4}>
                    <pre>{JSON.stringify(payload, null, 2)}</pre>
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}
