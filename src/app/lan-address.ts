import { networkInterfaces } from 'node:os';

/** This machine's addresses as other machines on its networks see them, IPv4, the most likely first. */
export function lanAddresses(): string[] {
  return Object.entries(networkInterfaces())
    .flatMap(([name, addresses]) => (addresses ?? []).map((one) => ({ name, ...one })))
    .filter((one) => !one.internal && one.family === 'IPv4' && !one.address.startsWith('169.254.'))
    .sort((a, b) => Number(isVirtual(a.name)) - Number(isVirtual(b.name)))
    .map((one) => one.address);
}

/** Bridges of containers and virtual machines: there, but not where a phone is. */
function isVirtual(name: string): boolean {
  return /^(docker|br-|veth|virbr|vmnet|vboxnet|tun|tap|cni|flannel)/.test(name);
}
