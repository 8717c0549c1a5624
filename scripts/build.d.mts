export function build(): Promise<void>;
export function buildIfNeeded(): Promise<void>;
export declare function buildClient(): Promise<void>;
