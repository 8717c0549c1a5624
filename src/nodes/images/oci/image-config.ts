import { isDigest } from '../image-reference.ts';
import type { ImageConfig } from '../image-service.ts';
import { isObject, ManifestError, parseJson } from './manifest.ts';
import { fitOf, platformText, type Platform } from './platform.ts';

export interface ParsedConfig {
  config: ImageConfig;
  /** digests of the layers as tar archives, lowest first */
  diffIds: readonly string[];
}

/** An image's config, by the OCI image specification and Docker's. @throws ManifestError */
export function parseImageConfig(bytes: Buffer, machine: Platform): ParsedConfig {
  const json = parseJson(bytes, "the image's config");
  const platform = { os: text(json['os']), architecture: text(json['architecture']) };
  if (platform.os && platform.architecture && fitOf(platform, machine) === undefined)
    throw new ManifestError(
      `no match for platform ${platformText(machine)} in manifest; it has: ${platformText(platform)}`,
    );
  const rootfs = isObject(json['rootfs']) ? json['rootfs'] : {};
  const diffIds = rootfs['diff_ids'];
  if (!Array.isArray(diffIds) || !diffIds.every((each): each is string => typeof each === 'string' && isDigest(each)))
    throw new ManifestError("the image's config names no layers");
  const own = isObject(json['config']) ? json['config'] : {};
  return {
    diffIds,
    config: {
      entrypoint: texts(own['Entrypoint']),
      cmd: texts(own['Cmd']),
      env: environment(texts(own['Env'])),
      user: text(own['User']),
      workingDir: text(own['WorkingDir']),
      volumes: keys(own['Volumes']),
      stopSignal: text(own['StopSignal']),
      exposedPorts: keys(own['ExposedPorts']),
    },
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
const keys = (value: unknown): string[] => (isObject(value) ? Object.keys(value) : []);

const environment = (lines: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    lines.flatMap((line) => {
      const equals = line.indexOf('=');
      return equals > 0 ? [[line.slice(0, equals), line.slice(equals + 1)] as const] : [];
    }),
  );
