declare module '*.css';
declare var MonacoEnvironment: { getWorker(id: string, label: string): Worker };
