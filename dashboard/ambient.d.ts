declare module '*.css';
declare module 'react-dom/client' {
  export function createRoot(container: Element): { render(node: unknown): void };
}
// eslint-disable-next-line no-var
declare var MonacoEnvironment: { getWorker(id: string, label: string): Worker };
