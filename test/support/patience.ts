/** How long a test waits for what must come, in ms: only what hangs reaches it, however slow the machine is. */
export const PATIENCE_MS = 120_000;
/** How long a whole test or hook may take, in ms: longer, so that a wait that fails can say what it waited for. */
export const TEST_MS = 300_000;
