import type { Container, ContainerPort } from '../../../../../schema/types.ts';
import { duplicate, required, type FieldError, type Path } from '../../../../meta/field.ts';
import { isPortName, isPortNumber } from '../../../../meta/names.ts';
import type { Parts } from '../../../../meta/object.ts';
import { validateProtocol } from '../../../validation/ports.ts';
import { addReasons } from '../../../validation/report.ts';

/** core/v1 validateContainerPorts. */
export function addPorts(errors: FieldError[], ports: readonly Parts<ContainerPort>[] | undefined, at: Path): void {
  if (!ports?.length) return;
  const names = new Set<string>();
  ports.forEach((port, i) => {
    const here = at.index(i);
    if (port.name) {
      const reasons = isPortName(port.name);
      if (reasons.length) addReasons(errors, reasons, port.name, here, 'name');
      else if (names.has(port.name)) errors.push(duplicate(here.child('name'), port.name));
      else names.add(port.name);
    }
    if (!port.containerPort) errors.push(required(here.child('containerPort')));
    else addReasons(errors, isPortNumber(port.containerPort), port.containerPort, here, 'containerPort');
    if (port.hostPort) addReasons(errors, isPortNumber(port.hostPort), port.hostPort, here, 'hostPort');
    errors.push(...validateProtocol(port.protocol, here.child('protocol')));
  });
}

/** Two containers cannot have one port of the host (checkHostPortConflicts). */
export function addHostPortConflicts(errors: FieldError[], containers: readonly Parts<Container>[], at: Path): void {
  let taken: Set<string> | undefined;
  containers.forEach((container, i) =>
    container.ports?.forEach((port, j) => {
      if (!port.hostPort) return;
      const key = `${port.protocol ?? ''}/${port.hostIP ?? ''}/${port.hostPort}`;
      taken ??= new Set();
      if (taken.has(key)) errors.push(duplicate(at.index(i).child('ports').index(j).child('hostPort'), key));
      taken.add(key);
    }),
  );
}
