import 'graphiql/style.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createClient } from 'graphql-ws';
import { createRoot } from 'react-dom/client';
import { EXAMPLES } from './examples.ts';
import { Session } from './session.tsx';

// The editor's language services run in workers of our own origin (scripts/dashboard.mjs builds them).
const WORKERS: Readonly<Record<string, string>> = { json: 'json.worker.js', graphql: 'graphql.worker.js' };
globalThis.MonacoEnvironment = {
  getWorker: (_id: string, label: string) =>
    new Worker(`/graphiql/${WORKERS[label] ?? 'editor.worker.js'}`, { type: 'module' }),
};

const { host } = window.location;
const fetcher = createGraphiQLFetcher({
  url: '/graphql',
  wsClient: createClient({ url: `wss://${host}/graphql`, lazy: true }),
});

createRoot(document.getElementById('graphiql')!).render(
  <div style={{ display: 'flex', flexDirection: 'column', height: '100%' }}>
    <Session />
    <div style={{ flex: 1, minHeight: 0 }}>
      <GraphiQL
        fetcher={fetcher}
        defaultTabs={EXAMPLES}
        shouldPersistHeaders={false}
        defaultEditorToolsVisibility="variables"
      />
    </div>
  </div>,
);
