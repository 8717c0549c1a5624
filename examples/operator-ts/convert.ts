import type { Site, SiteV1 } from './site.ts';

/** In version 1: the pages that it has no field for, so that a Site comes back from there as it was. */
const OTHER_PAGES = 'web.example.com/other-pages';
const INDEX = 'index.html';

/** A Site in the version of `apiVersion`. Of the metadata a conversion may change labels and annotations alone. */
export function convert(object: Site | SiteV1, apiVersion: string): Site | SiteV1 {
  if (object.apiVersion === apiVersion) return object;
  return apiVersion.endsWith('/v1') ? toV1(object as Site) : toV2(object as SiteV1);
}

function toV1({ apiVersion, metadata, spec, ...rest }: Site): SiteV1 {
  const { pages, ...same } = spec;
  const others = pages.filter(({ name }) => name !== INDEX);
  const annotations = { ...metadata.annotations, ...(others.length && { [OTHER_PAGES]: JSON.stringify(others) }) };
  const html = pages.find(({ name }) => name === INDEX)?.html ?? '';
  return {
    ...rest,
    apiVersion: versioned(apiVersion, 'v1'),
    metadata: { ...metadata, annotations },
    spec: { ...same, html },
  };
}

function toV2({ apiVersion, metadata, spec, ...rest }: SiteV1): Site {
  const { html, ...same } = spec;
  const { [OTHER_PAGES]: others, ...annotations } = metadata.annotations ?? {};
  const pages = [{ name: INDEX, html }, ...(others ? (JSON.parse(others) as Site['spec']['pages']) : [])];
  return {
    ...rest,
    apiVersion: versioned(apiVersion, 'v2'),
    metadata: { ...metadata, annotations },
    spec: { ...same, pages },
  };
}

const versioned = (apiVersion = '', version: string): string => `${apiVersion.split('/')[0]}/${version}`;
