/** Every add-on as `--addons` names it. They stand apart from the map of the add-ons, which a process of the API never loads. */
export const ADDON_NAMES = ['cloud', 'custom-metrics', 'dns', 'ingress', 'logs', 'metrics', 'storage'] as const;
export type AddonName = (typeof ADDON_NAMES)[number];

/** Those that run only where `--addons` names them: others do the same in their own way, and would find their names taken. */
export const ONLY_BY_NAME: ReadonlySet<string> = new Set<AddonName>(['custom-metrics']);
