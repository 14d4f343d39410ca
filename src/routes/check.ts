import { METHODS } from 'node:http';
import type { Settings } from '../config/settings.js';
import type { Dialect } from '../dialects/dialect.js';
import type { Mistake } from '../errors.js';
import { shown } from '../lib/complaints.js';
import { parsePath, type ParsedPath, type PathMistake } from '../lib/path-pattern.js';
import { regexMistake } from '../lib/regex-safety.js';
import { checkSchema } from '../lib/schema.js';
import { didYouMean } from '../lib/suggest.js';
import type { HandlerDefinition, JsonSchema, MiddlewareCall, RouteEntry, Vocabulary } from './contract.js';
import { isModuleWord, moduleMistake } from './modules.js';
import { compilePattern, indexShape } from './pattern.js';
import { entryProperties } from './keys.js';
import { checkOptions, checkStructure } from './structure.js';
import { isClassName, middlewareFor, translateRegex, unknownClass } from './typo3.js';
import { isMapping, mistakeAt, type Written } from './written.js';

export interface CheckOptions {
  vocabulary: Vocabulary;
  settings: Settings;
}

/** Judges one entry completely. The entry is there when nothing is wrong with it. */
export function checkEntry(written: Written, options: CheckOptions): { entry?: RouteEntry; mistakes: Mistake[] } {
  const { keys } = written;
  const trap = splitByFlowStyle(written);
  const complaints = checkStructure(keys).filter(({ pointer }) => !trap || !pointer.startsWith('/middleware'));
  const broken = new Set(complaints.map(({ pointer }) => pointer.slice(1)));
  if (trap) broken.add('middleware');
  const judge = new Judge(written, options, broken);
  const wrong = complaints.map(({ pointer, message, what }) => mistakeAt(written, pointer, message, what));
  const mistakes = [...(trap ? [trap] : []), ...wrong, ...judge.mistakes()];
  return mistakes.length > 0 ? { mistakes } : { entry: judge.entry(), mistakes: [] };
}

/** `[throttle:50,10]` is two entries to YAML, and `throttle: 50,10` is a mapping. */
function splitByFlowStyle(written: Written): Mistake | undefined {
  const list = written.keys['middleware'];
  if (!Array.isArray(list)) return undefined;
  const mapping = list.findIndex(isMapping);
  if (mapping >= 0) {
    const [[name, value] = ['', '']] = Object.entries(list[mapping] as object);
    const message = `a blank after the colon makes this a mapping; write ${name}:${String(value)}`;
    return mistakeAt(written, `middleware/${mapping}`, message);
  }
  const index = list.findIndex((item, i) => i > 0 && isLostParameter(item) && String(list[i - 1]).includes(':'));
  if (index < 0) return undefined;
  let end = index;
  while (end + 1 < list.length && isLostParameter(list[end + 1])) end++;
  const whole = list.slice(index - 1, end + 1).join(',');
  const message = `"${whole}" was split at its commas by YAML's flow style; put it in quotes or on its own line`;
  return mistakeAt(written, `middleware/${index - 1}`, message);
}

function isLostParameter(item: unknown): boolean {
  return typeof item === 'number' || (typeof item === 'string' && /^(\d+|tx_\w+)$/.test(item));
}

class Judge {
  private readonly handler: HandlerDefinition | undefined;
  private readonly dialect: Dialect | undefined;
  private readonly path: ParsedPath;
  private readonly pathText: string;
  private readonly calls: MiddlewareCall[];

  constructor(
    private readonly written: Written,
    private readonly options: CheckOptions,
    /** `middleware`, `middleware/2`: their type is wrong, nothing more is said about them */
    private readonly broken: ReadonlySet<string>,
  ) {
    const { vocabulary, settings } = options;
    this.handler = vocabulary.handlers.get(this.text('handler') ?? '');
    this.dialect = vocabulary.dialects.get(this.text('dialect') ?? settings.routes.dialect);
    this.pathText = this.text('path') ?? '';
    this.path = parsePath(this.pathText);
    this.calls = this.list('middleware').map((source) => parseCall(source, settings.routes));
  }

  mistakes(): Mistake[] {
    const found = [
      ...this.unknownKeys(),
      ...this.pathMistakes(),
      ...this.methodMistakes(),
      ...this.handlerMistakes(),
      ...this.dialectMistakes(),
      ...this.middlewareMistakes(),
      ...this.requirementMistakes(),
      ...this.schemaMistakes('query'),
      ...this.schemaMistakes('body'),
      ...this.schemeMistakes(),
      ...this.hostMistakes(),
      ...this.formatMistakes(),
      ...this.redirectMistakes(),
    ];
    return [...found, ...this.togetherMistakes(found)];
  }

  entry(): RouteEntry {
    const { keys, symfony, name, file } = this.written;
    const { settings } = this.options;
    const entry: RouteEntry = {
      name,
      path: withSlash(this.pathText),
      methods: this.methods(),
      handler: this.text('handler')!,
      dialect: this.text('dialect') ?? settings.routes.dialect,
      middleware: this.calls,
      requirements: this.requirements(),
      defaults: this.defaults(),
      query: keys['query'] as JsonSchema | undefined,
      body: keys['body'] as JsonSchema | undefined,
      schemes: this.list('schemes').map((scheme) => scheme.toLowerCase()),
      hosts: this.list('host').map((host) => host.toLowerCase()),
      formats: this.list('formats'),
      authentication: keys['authentication'] as string[] | undefined,
      redirect: this.text('redirect'),
      enabled: keys['enabled'] !== false,
      description: this.text('description') ?? '',
      options: pickOptions(keys, this.handler),
      places: (pointer) => this.written.place(pointer),
      keyOf: (pointer) => this.written.keyOf(pointer),
      file,
      symfony,
    };
    return entry;
  }

  private text(key: string): string | undefined {
    const value = this.written.keys[key];
    return typeof value === 'string' ? value : undefined;
  }

  /** A string, a list of strings, or `A|B` as one string. What is no string is kept as '', so that indexes stay. */
  private list(key: string): string[] {
    const value = this.broken.has(key) ? undefined : this.written.keys[key];
    if (typeof value === 'string') return value.split(/[|,\s]+/).filter(Boolean);
    return Array.isArray(value) ? value.map((item) => (typeof item === 'string' ? item : '')) : [];
  }

  private map(key: string): Record<string, unknown> {
    const value = this.written.keys[key];
    return isMapping(value) && !this.broken.has(key) ? value : {};
  }

  private at(pointer: string, message: string, what?: 'key' | 'value'): Mistake {
    return mistakeAt(this.written, pointer, message, what);
  }

  private unknownKeys(): Mistake[] {
    const { vocabulary } = this.options;
    const own = Object.keys(this.handler?.options ?? {});
    // an unknown handler is one mistake, its keys are not another
    const tolerated = this.handler
      ? []
      : [...vocabulary.handlers.values()].flatMap(({ options = {} }) => Object.keys(options));
    const known = new Set([...Object.keys(entryProperties), ...own]);
    return Object.keys(this.written.keys)
      .filter((key) => !known.has(key) && !tolerated.includes(key))
      .map((key) => this.at(key, this.unknownKey(key, known), 'key'));
  }

  private unknownKey(key: string, known: ReadonlySet<string>): string {
    if (key === 'condition') return 'conditions are expressions of PHP and cannot be evaluated here';
    const owner = [...this.options.vocabulary.handlers.values()].find(({ options = {} }) =>
      Object.hasOwn(options, key),
    );
    const hint = didYouMean(key, known);
    if (owner && !hint) return `"${key}" belongs to the handler "${owner.name}", this one is "${this.text('handler')}"`;
    return `unknown key "${key}"${hint}`;
  }

  private pathMistakes(): Mistake[] {
    if (this.broken.has('path')) return [];
    if (this.written.keys['path'] === undefined) return [this.at('', '"path" is missing')];
    return [...this.path.mistakes, ...this.foreignSyntax()].map((mistake) => this.inPath(mistake));
  }

  /** Each parameter may be harmless alone, and all of them together not: `{a<.+>}-{b<.+>}-{c<.+>}`. */
  private togetherMistakes(found: Mistake[]): Mistake[] {
    if (found.length > 0 || this.path.parameters.length < 3) return [];
    const entry = this.entry();
    if (indexShape(entry, true).end !== 'open') return [];
    const source = compilePattern(entry, true).regex.source.replace(/^\^\(\?:|\)\$$/g, '');
    if (regexMistake(source) === undefined) return [];
    return [
      this.at(
        'path',
        'its parameters can take the same text in very many ways; put a "/" between them, or narrower regexes',
      ),
    ];
  }

  /** Other frameworks' ways to write a parameter, and what can never match. */
  private foreignSyntax(): PathMistake[] {
    if (this.written.symfony) return [];
    const found: PathMistake[] = [];
    for (const part of this.path.parts) {
      if ('name' in part) continue;
      const start = this.pathText.indexOf(part.text);
      const report = (pattern: RegExp, message: (match: RegExpExecArray) => string): void => {
        const match = pattern.exec(part.text);
        if (match) found.push({ offset: start + match.index, length: match[0].length, message: message(match) });
      };
      report(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, ([address]) => aboutAddress(address));
      report(/(?<=\/):\w+/, ([word]) => `parameters are written in braces: {${word.slice(1)}}`);
      report(/\*+/, () => 'there are no wildcards; write {file<.*>} for everything below');
      report(/[?#].*/, () => 'a path ends before "?" and "#"; declare the query under "query"');
      report(/\s+/, () => 'a path holds no blanks');
      report(/%(?![0-9A-Fa-f]{2})/, () => '"%" begins an escape like %20');
    }
    return found;
  }

  /** The mistake's own characters, where the path stands as one word in the file. */
  private inPath({ offset, length, message }: PathMistake): Mistake {
    const mistake = this.at('path', message);
    const place = mistake.place!;
    const start = place.excerpt?.indexOf(this.pathText, place.column - 1) ?? -1;
    if (start < 0 || this.pathText === '') return mistake;
    return { ...mistake, place: { ...place, column: start + 1 + offset, length } };
  }

  private methodMistakes(): Mistake[] {
    const written = this.written.keys['methods'];
    const isList = Array.isArray(written);
    if (isList && written.length === 0 && !this.written.symfony)
      return [this.at('methods', 'an empty list answers nothing; leave it out for GET, or say "enabled: false"')];
    return this.list('methods').flatMap((method, index) => {
      if (methods.has(method.toUpperCase()) || this.broken.has(`methods/${index}`)) return [];
      const message = `unknown method "${method}"${didYouMean(method, commonMethods)}`;
      return [this.at(isList ? `methods/${index}` : 'methods', message)];
    });
  }

  /** Absent means GET; in Symfony's files it means every method. */
  private methods(): string[] {
    const list = [...new Set(this.list('methods').map((method) => method.toUpperCase()))];
    if (list.length === 0 && !this.written.symfony) return ['GET'];
    return list;
  }

  private handlerMistakes(): Mistake[] {
    if (this.broken.has('handler')) return [];
    const word = this.text('handler');
    if (word === undefined)
      return [this.at('', this.written.symfony ? '"controller" is missing' : '"handler" is missing')];
    if (!this.handler) return this.unknownHandler(word);
    const options = pickOptions(this.written.keys, this.handler);
    const wrong = checkOptions(this.handler, options).map(({ pointer, message, what }) =>
      this.at(pointer.slice(1), message, what),
    );
    return wrong.length > 0 || !this.handler.check ? wrong : this.handler.check(this.entry(), this.options.settings);
  }

  private unknownHandler(word: string): Mistake[] {
    if (isModuleWord(word)) return this.wrongModule(word, 'handler');
    const { handlers } = this.options.vocabulary;
    if (isClassName(word)) return [this.at('handler', unknownClass('controller', word, this.options.settings.routes))];
    return [this.at('handler', `unknown handler "${word}"${didYouMean(word, handlers.keys())}`)];
  }

  private wrongModule(word: string, pointer: string): Mistake[] {
    const message = moduleMistake(word, this.written.file);
    return message === undefined ? [] : [this.at(pointer, message)];
  }

  private dialectMistakes(): Mistake[] {
    if (this.broken.has('dialect')) return [];
    const { vocabulary, settings } = this.options;
    const name = this.text('dialect') ?? settings.routes.dialect;
    if (!this.dialect)
      return [this.at('dialect', `unknown dialect "${name}"${didYouMean(name, vocabulary.dialects.keys())}`)];
    if (!this.handler) return [];
    const { hears, says } = this.handler;
    const lacks = (hears && !this.dialect.hear[hears]) || (says && !this.dialect.say[says]);
    if (!lacks) return [];
    const others = [...vocabulary.dialects.values()]
      .filter(({ hear, say }) => (!hears || hear[hears]) && (!says || say[says]))
      .map((dialect) => `"${dialect.name}"`);
    const hint = others.length > 0 ? `; ${others.join(', ')} can` : '';
    return [this.at('handler', `the dialect "${name}" cannot speak for the handler "${this.handler.name}"${hint}`)];
  }

  private middlewareMistakes(): Mistake[] {
    return this.calls.flatMap((call, index) => {
      const pointer = `middleware/${index}`;
      if (this.broken.has(pointer)) return [];
      if (isModuleWord(call.name)) return this.wrongModule(call.name, pointer);
      const definition = this.options.vocabulary.middleware.get(call.name);
      if (!definition) return [this.at(pointer, this.unknownMiddleware(call))];
      const wrong = definition.check(call.parameters, this.entry());
      return wrong === undefined ? [] : [this.at(pointer, wrong)];
    });
  }

  private unknownMiddleware({ name }: MiddlewareCall): string {
    const { vocabulary, settings } = this.options;
    if (isClassName(name)) return unknownClass('middleware', name, settings.routes);
    return `unknown middleware "${name}"${didYouMean(name, vocabulary.middleware.keys())}`;
  }

  /** Names of parameters in the path and in the hosts. */
  private parameterNames(): Set<string> {
    const hosts = this.list('host').flatMap((host) => parsePath(host).parameters);
    return new Set([...this.path.parameters, ...hosts].map(({ name }) => name));
  }

  private requirementMistakes(): Mistake[] {
    const names = this.parameterNames();
    const own = Object.entries(this.map('requirements')).flatMap(([name, value]) => {
      const pointer = `requirements/${name}`;
      if (!names.has(name)) return this.withoutParameter(pointer, name, names);
      if (this.path.parameters.some((parameter) => parameter.name === name && parameter.regex !== undefined)) {
        return [this.at(pointer, `the path says already what "${name}" looks like`)];
      }
      const message = regexMistake(this.regex(String(value)));
      return message === undefined ? [] : [this.at(pointer, message)];
    });
    const inline = this.path.parameters.flatMap(({ name, regex, offset, length }) => {
      if (regex === undefined) return [];
      const message = regex === '' ? `the regex of "${name}" is empty` : regexMistake(this.regex(regex));
      return message === undefined ? [] : [this.inPath({ offset, length, message })];
    });
    return [...own, ...inline];
  }

  /** In Symfony such a requirement does nothing, so it does nothing here (contract, section 2). */
  private withoutParameter(pointer: string, name: string, names: ReadonlySet<string>): Mistake[] {
    if (this.written.symfony) return [];
    return [this.at(pointer, `the path has no parameter "${name}"${didYouMean(name, names)}`, 'key')];
  }

  /** Anchors at the ends are already there. */
  private regex(source: string): string {
    return this.written.symfony ? translateRegex(source) : source.replace(/^\^/, '').replace(/(?<!\\)\$$/, '');
  }

  private requirements(): Record<string, string> {
    const names = this.parameterNames();
    const own = Object.entries(this.map('requirements')).filter(([name]) => names.has(name));
    const inline = this.path.parameters.flatMap(({ name, regex }) =>
      regex === undefined ? [] : [[name, regex] as const],
    );
    return Object.fromEntries([...own, ...inline].map(([name, source]) => [name, this.regex(String(source))]));
  }

  private defaults(): RouteEntry['defaults'] {
    const inline = this.path.parameters.flatMap((p) => (p.default === undefined ? [] : [[p.name, p.default] as const]));
    return { ...(this.map('defaults') as RouteEntry['defaults']), ...Object.fromEntries(inline) };
  }

  private schemaMistakes(key: 'query' | 'body'): Mistake[] {
    if (key === 'body' && this.handler?.rawBody && this.written.keys['body'] !== undefined) {
      return [
        this.at('body', `the handler "${this.handler.name}" passes the body on unread, it cannot be checked`, 'key'),
      ];
    }
    const schema = this.map(key);
    return checkedSchema(schema).map(({ pointer, message, what }) => this.at(key + pointer, message, what));
  }

  private schemeMistakes(): Mistake[] {
    const isList = Array.isArray(this.written.keys['schemes']);
    return this.list('schemes').flatMap((scheme, index) => {
      if (/^https?$/i.test(scheme) || this.broken.has(`schemes/${index}`)) return [];
      return [this.at(isList ? `schemes/${index}` : 'schemes', `a scheme is http or https, got ${shown(scheme)}`)];
    });
  }

  private hostMistakes(): Mistake[] {
    const isList = Array.isArray(this.written.keys['host']);
    return this.list('host').flatMap((host, index) => {
      if (this.broken.has(`host/${index}`)) return [];
      const message = parsePath(host).mistakes[0]?.message ?? hostMistake(host);
      return message === undefined ? [] : [this.at(isList ? `host/${index}` : 'host', message)];
    });
  }

  private formatMistakes(): Mistake[] {
    if (!this.dialect || this.written.symfony) return [];
    const known = Object.keys(this.dialect.formats);
    const isList = Array.isArray(this.written.keys['formats']);
    return this.list('formats').flatMap((format, index) => {
      if (known.includes(format) || this.broken.has(`formats/${index}`)) return [];
      const message = `the dialect "${this.dialect!.name}" has no format "${format}"${didYouMean(format, known)}`;
      return [this.at(isList ? `formats/${index}` : 'formats', message)];
    });
  }

  private redirectMistakes(): Mistake[] {
    const target = this.text('redirect');
    if (target === undefined || this.broken.has('redirect')) return [];
    const message = redirectMistake(target, this.options.settings);
    return message === undefined ? [] : [this.at('redirect', message)];
  }
}

const methods: ReadonlySet<string> = new Set(METHODS.filter((method) => method !== 'CONNECT'));
const commonMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** A parameter stands for at least one letter; what is around it must be able to be a host name. */
function hostMistake(host: string): string | undefined {
  const example = parsePath(host)
    .parts.map((part) => ('text' in part ? part.text : 'x'))
    .join('');
  if (/^\w([\w-]*\w)?(\.\w([\w-]*\w)?)*$/.test(example)) return undefined;
  if (/[^\w.-]/.test(example)) return `a host is a name without scheme, port or path, got ${shown(host)}`;
  return `no host can be called ${shown(host)}`;
}

function aboutAddress(address: string): string {
  const host = address.slice(address.indexOf('//') + 2);
  return `a path begins after the host; write "${host}" under "host"`;
}

function withSlash(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

/** `throttle:50,10` → name and parameters; a module's `#export` may carry parameters too. */
function parseCall(source: string, settings: Settings['routes']): MiddlewareCall {
  const colon = source.indexOf(':', isModuleWord(source) ? source.indexOf('#') + 1 : 0);
  const word = colon < 0 ? source : source.slice(0, colon);
  const parameters =
    colon < 0
      ? []
      : source
          .slice(colon + 1)
          .split(',')
          .map((parameter) => parameter.trim());
  return { name: middlewareFor(word.trim(), settings), parameters, source };
}

function pickOptions(keys: Record<string, unknown>, handler: HandlerDefinition | undefined): Record<string, unknown> {
  const known = handler?.options ?? {};
  return Object.fromEntries(Object.entries(keys).filter(([key]) => Object.hasOwn(known, key)));
}

/** Targets are paths, or on the public origin, or on one that the configuration lists (contract ext-login, section 11). */
function redirectMistake(target: string, { publicUrl, redirects }: Settings): string | undefined {
  if (/^\/(?![/\\])/.test(target)) return undefined;
  const url = URL.canParse(target) ? new URL(target) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) return `a target is a path or an absolute URL, got ${shown(target)}`;
  const allowed = [new URL(publicUrl).origin, ...redirects.origins];
  if (allowed.includes(url.origin)) return undefined;
  return `"${url.origin}" is neither the public URL's origin nor in redirects.origins`;
}

/** Routes often share a schema (an alias, generated files): each text is judged once. */
const judged = new Map<string, ReturnType<typeof checkSchema>>();

function checkedSchema(schema: JsonSchema): ReturnType<typeof checkSchema> {
  const id = JSON.stringify(schema);
  if (id === '{}') return [];
  const known = judged.get(id) ?? checkSchema(schema);
  if (judged.size >= 2000) judged.clear();
  judged.set(id, known);
  return known;
}
