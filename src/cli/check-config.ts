import { Command } from 'commander';
import { stringify } from 'yaml';
import { certificateProblems } from '../app/certificate-problems.ts';
import { maskedSettings } from '../config/masked.ts';
import { addSettingsFlags, settingsFrom, type SettingsFlags } from './settings-flags.ts';

/** `millrace check-config`: says whether the settings and the certificate are good, and prints what would be in force. */
export function checkConfigCommand(): Command {
  return addSettingsFlags(new Command('check-config'))
    .description(
      'check the settings from file, environment and flags, and the certificate; print the settings',
    )
    .argument('[file]', 'settings file (YAML), as with --config')
    .action(async (file: string | undefined, flags: SettingsFlags) => {
      const settings = settingsFrom(file === undefined ? flags : { ...flags, config: file });
      for (const problem of await certificateProblems(settings, Date.now()))
        process.stderr.write(`millrace: warning: ${problem}\n`);
      process.stdout.write(stringify(maskedSettings(settings)));
    });
}
