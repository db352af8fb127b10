/**
 * The demo's films, out of the npm package `vega-datasets`: where it is not installed (it is a development dependency),
 * there is no demo.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { AttributeValue, Item } from '../model/attribute-value.ts';

/** The file's members that become attributes beside year and title, and under which names. */
const TEXTS: Readonly<Record<string, string>> = {
  'Major Genre': 'genre',
  Director: 'director',
  Distributor: 'distributor',
  Source: 'source',
  'MPAA Rating': 'mpaaRating',
  'Release Date': 'released',
};
const NUMBERS: Readonly<Record<string, string>> = {
  'IMDB Rating': 'rating',
  'IMDB Votes': 'votes',
  'Rotten Tomatoes Rating': 'tomatoes',
  'Running Time min': 'minutes',
  'Production Budget': 'budget',
  'US Gross': 'usGross',
  'Worldwide Gross': 'worldwideGross',
};

/** The file's newest films are of 2011; what it dates later was written with two digits for the year. */
const NEWEST_YEAR = 2011;

/** The films' file, or undefined where the package is not installed. */
export function findMovies(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve('vega-datasets');
    const file = join(dirname(entry), '..', 'data', 'movies.json');
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** One item a film, keyed by year and title; of films that share both, the last. */
export function readMovies(file: string): Item[] {
  const films = JSON.parse(readFileSync(file, 'utf8')) as readonly Readonly<Record<string, unknown>>[];
  const items = new Map<string, Item>();
  for (const film of films) {
    const year = yearOf(film['Release Date']);
    // Some titles are numbers in the file (1776, 2012), and one film has none.
    const title = film['Title'];
    if (year === undefined || (typeof title !== 'string' && typeof title !== 'number')) continue;
    items.set(`${year} ${title}`, itemOf(film, year, String(title)));
  }
  return [...items.values()];
}

function yearOf(releaseDate: unknown): number | undefined {
  const digits = /(\d{4})$/.exec(String(releaseDate))?.[1];
  if (digits === undefined) return undefined;
  const year = Number(digits);
  return year > NEWEST_YEAR ? year - 100 : year;
}

function itemOf(film: Readonly<Record<string, unknown>>, year: number, title: string): Item {
  const item = Object.create(null) as Record<string, AttributeValue>;
  item['year'] = { N: String(year) };
  item['title'] = { S: title };
  for (const [member, name] of Object.entries(TEXTS)) {
    const value = film[member];
    if (typeof value === 'string' && value !== '') item[name] = { S: value };
  }
  for (const [member, name] of Object.entries(NUMBERS)) {
    const value = film[member];
    if (typeof value === 'number') item[name] = { N: String(value) };
  }
  return item;
}
