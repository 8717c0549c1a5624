import { arch } from 'node:os';

/** What an image runs on, in Go's names. */
export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

/** Go's names of architectures. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };
/** Variants that a machine runs, best first; no variant is as good as the first. */
const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  arm64: ['v8'],
  arm: ['v7', 'v6', 'v5'],
  amd64: ['v1'],
};

/** The platform of this machine. */
export const machinePlatform = (): Platform => ({ os: 'linux', architecture: ARCHITECTURES[arch()] ?? arch() });

export const platformText = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, ...(variant ? [variant] : [])].join('/');

/** How well an image fits a machine: 0 is best; undefined: not at all. */
export function fitOf(image: Platform, machine: Platform): number | undefined {
  if (image.os !== machine.os || image.architecture !== machine.architecture) return undefined;
  if (!image.variant) return 0;
  const at = VARIANTS[machine.architecture]?.indexOf(image.variant) ?? -1;
  return at < 0 ? undefined : at;
}
