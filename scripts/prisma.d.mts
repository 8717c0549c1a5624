export function generatePrisma(): Promise<void>;
/** Only when the schema has changed since. */
export function generatePrismaIfNeeded(): Promise<void>;
