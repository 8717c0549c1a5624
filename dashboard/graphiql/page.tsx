import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './page.css';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { EventLog } from './event-log.ts';
import { EventTable } from './event-table.tsx';
import { EXAMPLES } from './examples.ts';
import { createFetcher } from './fetcher.ts';
import { bearerIn } from './headers.ts';
import { Session } from './session.tsx';

// The editor's language services run in workers of our own origin (scripts/dashboard.mjs builds them).
const WORKERS: Readonly<Record<string, string>> = { json: 'json.worker.js', graphql: 'graphql.worker.js' };
globalThis.MonacoEnvironment = {
  getWorker: (_id: string, label: string) =>
    new Worker(`/graphiql/${WORKERS[label] ?? 'editor.worker.js'}`, { type: 'module' }),
};

/** GraphiQL keeps its tabs here; where it has none, a first visitor finds the examples. */
const TABS = 'graphiql:tabState';

/**
 * Only the first tab is handed its content by these: GraphiQL gives the editor of variables nothing of `defaultTabs`, and
 * then writes that over the tab's own.
 */
const firstTab = (): { initialQuery?: string; initialVariables?: string } => {
  const [first] = EXAMPLES;
  if (!first || localStorage.getItem(TABS) !== null) return {};
  return { initialQuery: first.query, ...(first.variables !== undefined && { initialVariables: first.variables }) };
};

function Page() {
  const [authorization, setAuthorization] = useState<string>();
  const log = useMemo(() => new EventLog(), []);
  const fetcher = useMemo(() => createFetcher(window.location, log), [log]);
  const plugins = useMemo(() => [explorerPlugin(), HISTORY_PLUGIN], []);
  const first = useMemo(firstTab, []);
  return (
    <div className="ku7s-page">
      <Session authorization={authorization} />
      <div className="ku7s-editor">
        <GraphiQL
          fetcher={fetcher}
          plugins={plugins}
          defaultTabs={EXAMPLES}
          {...first}
          shouldPersistHeaders={false}
          onEditHeaders={(headers) => setAuthorization(bearerIn(headers))}
          defaultEditorToolsVisibility="variables"
        >
          <GraphiQL.Footer>
            <EventTable log={log} />
          </GraphiQL.Footer>
        </GraphiQL>
      </div>
    </div>
  );
}

createRoot(document.getElementById('graphiql')!).render(<Page />);
