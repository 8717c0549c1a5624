import { watch, type FSWatcher } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../rules/clock.ts';
import type { Calls } from '../../../rules/csi/messages.ts';
import { PluginClient } from '../../../rules/csi/plugin-client.ts';
import { connectDriver, type NodeDriver } from './node-driver.ts';

/** How often the folder is read though nothing was said of it, ms: watches of the kernel may miss something. */
const SCAN_MS = 10_000;
/** How long a plugin may take to say what it is, ms. */
const HELLO_MS = 10_000;
/** Plugins that one node takes. */
const MAX_PLUGINS = 256;
/** Version 1 of the Container Storage Interface, which is spoken here. */
const SUPPORTED = /^v?1\./;

export interface RegistryOptions {
  /** `plugins_registry`, into which plugins put a socket each */
  directory: string;
  clock: Clock;
  log(message: string, fields?: Record<string, unknown>): void;
  /** A driver is there. What it throws is told to the driver, which is then not there, and may come again. */
  registered(driver: NodeDriver): Promise<void>;
  unregistered(name: string): Promise<void>;
}

interface Plugin {
  /** tells two sockets apart that had the same path one after the other */
  identity: string;
  driver?: NodeDriver;
  /** of a driver of devices */
  devices?: DeviceDriver;
}

/** A driver that makes devices of claims ready on this node. */
export interface DeviceDriver {
  name: string;
  client: PluginClient;
}
/** Version 1 of the service by which the kubelet has devices prepared. */
const DEVICE_SERVICE = 'v1.DRAPlugin';

/**
 * The drivers of a node, of volumes and of devices: who puts a socket into the folder is asked what it is, registered, and told so; who takes
 * it away is gone. Source: pkg/kubelet/pluginmanager.
 */
export class DriverRegistry {
  private readonly plugins = new Map<string, Plugin>();
  private watcher: FSWatcher | undefined;
  private timer: unknown;
  private turn: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(private readonly options: RegistryOptions) {}

  /** Resolves when all plugins that are there have been asked. */
  async start(): Promise<void> {
    const { directory, log } = this.options;
    await mkdir(directory, { recursive: true, mode: 0o750 });
    try {
      this.watcher = watch(directory, () => void this.scan());
      this.watcher.on('error', () => this.watcher?.close());
    } catch (error) {
      log('plugins are looked for from time to time only', { error: String(error) });
    }
    await this.scan();
    this.repeat();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.watcher?.close();
    this.options.clock.clearTimeout(this.timer);
    await this.turn;
    for (const { driver, devices } of this.plugins.values()) (driver ?? devices)?.client.close();
  }

  /** @throws Error with the kubelet's words where no such driver is registered */
  deviceDriver(name: string): DeviceDriver {
    for (const { devices } of this.plugins.values()) if (devices?.name === name) return devices;
    throw new Error(`DRA driver ${name} is not registered`);
  }

  /** @throws Error with the kubelet's words where no such driver is registered */
  driver(name: string): NodeDriver {
    for (const { driver } of this.plugins.values()) if (driver?.name === name) return driver;
    throw new Error(`driver name ${name} not found in the list of registered CSI drivers`);
  }

  drivers(): NodeDriver[] {
    return [...this.plugins.values()].flatMap(({ driver }) => driver ?? []);
  }

  /** Looks at the folder; one look at a time. */
  scan(): Promise<void> {
    return (this.turn = this.turn.then(() => this.look()).catch((error: unknown) => this.complain(error)));
  }

  private repeat(): void {
    if (this.stopped) return;
    this.timer = this.options.clock.setTimeout(() => void this.scan().then(() => this.repeat()), SCAN_MS);
  }

  private complain(error: unknown): void {
    this.options.log('plugins could not be looked for', { error: String(error) });
  }

  private async look(): Promise<void> {
    const found = this.stopped ? new Map<string, string>() : await sockets(this.options.directory);
    for (const [path, { identity, driver, devices }] of this.plugins) {
      if (this.stopped || found.get(path) === identity) continue;
      this.plugins.delete(path);
      devices?.client.close();
      if (!driver) continue;
      driver.client.close();
      // one that has come again under another socket is still there
      if (!this.drivers().some(({ name }) => name === driver.name)) await this.options.unregistered(driver.name);
    }
    const fresh = [...found].filter(([path]) => !isKnown(this.plugins.get(path)));
    await Promise.all(fresh.slice(0, MAX_PLUGINS).map(([path, identity]) => this.greet(path, identity)));
  }

  private async greet(path: string, identity: string): Promise<void> {
    const { log, registered } = this.options;
    const plugin = await PluginClient.open(path);
    try {
      const info = await plugin.call('pluginregistration.Registration/GetInfo', {}, HELLO_MS);
      if (info.type === 'DRAPlugin') return await this.greetDevices(path, identity, plugin, info);
      if (info.type !== 'CSIPlugin') return void this.plugins.set(path, { identity });
      const tell = (error: string) =>
        plugin.call(
          'pluginregistration.Registration/NotifyRegistrationStatus',
          { plugin_registered: error === '', error },
          HELLO_MS,
        );
      try {
        if (!info.supported_versions.some((version) => SUPPORTED.test(version)))
          throw new Error(`no supported version among [${info.supported_versions.join(' ')}]`);
        const driver = await connectDriver(info.name, info.endpoint || path);
        await registered(driver).catch((error: unknown) => {
          driver.client.close();
          throw error;
        });
        this.plugins.set(path, { identity, driver });
        log('CSI driver registered', { driver: info.name });
      } catch (error) {
        await tell((error as Error).message);
        throw error;
      }
      await tell('');
    } catch (error) {
      log('a plugin was not registered', { socket: path, error: (error as Error).message });
    } finally {
      plugin.close();
    }
  }

  private async greetDevices(
    path: string,
    identity: string,
    plugin: PluginClient,
    info: Calls['pluginregistration.Registration/GetInfo'][1],
  ): Promise<void> {
    const speaks = info.supported_versions.includes(DEVICE_SERVICE);
    const error = speaks ? '' : `none of the services [${info.supported_versions.join(' ')}] is supported`;
    const told = { plugin_registered: speaks, error };
    if (speaks) {
      const client = await PluginClient.open((info.endpoint || path).replace(/^unix:(\/\/)?/, ''));
      this.plugins.set(path, { identity, devices: { name: info.name, client } });
      this.options.log('driver of devices registered', { driver: info.name });
    }
    await plugin.call('pluginregistration.Registration/NotifyRegistrationStatus', told, HELLO_MS);
    if (!speaks) throw new Error(error);
  }
}

const isKnown = (plugin: Plugin | undefined): boolean => !!(plugin?.driver ?? plugin?.devices);

/** Sockets in the folder and the folders in it, each with what tells it from one that comes after it. */
async function sockets(directory: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isSocket() || found.size >= MAX_PLUGINS) continue;
    const path = join(entry.parentPath, entry.name);
    const { ino, ctimeMs } = await stat(path);
    found.set(path, `${ino}/${ctimeMs}`);
  }
  return found;
}
