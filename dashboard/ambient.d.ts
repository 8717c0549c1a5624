declare module '*.css';
declare module 'react-dom/client' {
  export function createRoot(container: Element): { render(node: unknown): void };
}
declare var MonacoEnvironment: { getWorker(id: string, label: string): Worker };
