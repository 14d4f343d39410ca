import type { Command } from 'commander';
export function routesCommands(): Command[] {
  return [];
}
