import { Command } from 'commander';
import { stringify } from 'yaml';
import { maskedSettings } from '../config/masked.ts';
import { addSettingsFlags, settingsFrom, type SettingsFlags } from './settings-flags.ts';

/** `millrace check-config`: says whether the settings are good, and prints what would be in force. */
export function checkConfigCommand(): Command {
  return addSettingsFlags(new Command('check-config'))
    .description('check the settings from file, environment and flags, and print them')
    .argument('[file]', 'settings file (YAML), as with --config')
    .action((file: string | undefined, flags: SettingsFlags) => {
      const settings = settingsFrom(file === undefined ? flags : { ...flags, config: file });
      process.stdout.write(stringify(maskedSettings(settings)));
    });
}
