import type { DeviceClass, DeviceClassSpec } from '../../../../schema/types.ts';
import { Path } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import type { Strategy } from '../../kind.ts';
import { boundedErrors } from './bounds.ts';
import { configurationErrors, MAX_CONFIGURATIONS } from './configuration.ts';
import { readSelectors, selectorErrors } from './selectors.ts';
import { dnsSubdomainName } from '../../validation/names.ts';
import { nameAndAge } from '../../cells.ts';

const SPEC = Path.root('spec');

/** Belongs to a feature that is off in 1.35 (KEP-5004). */
function dropExtendedResource(spec: Parts<DeviceClassSpec> | undefined): void {
  delete spec?.extendedResourceName;
}

/** resource.k8s.io/v1 DeviceClass */
export const deviceClassStrategy: Strategy<DeviceClass> = {
  // what a name is made of may be anything, if only the name is one
  name: (name, prefix) => (prefix ? [] : dnsSubdomainName(name, false)),
  metadata: { whole: 1 },
  validateSteps: ({ spec }) => readSelectors(spec),
  prepareForCreate: ({ spec }) => dropExtendedResource(spec),
  prepareForUpdate: ({ spec }) => dropExtendedResource(spec),
  validate: ({ spec = {} }) => [
    ...selectorErrors(spec.selectors, SPEC.child('selectors')),
    ...boundedErrors(spec.config, MAX_CONFIGURATIONS, configurationErrors, SPEC.child('config')),
  ],
  cells: nameAndAge,
  returnsDeleted: true,
};
