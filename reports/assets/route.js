/* The hash is the whole state of the view, so that every view is a link: #verdict=WRONG&op=log, #case=<id>. */

const FILTERS = ["q", "verdict", "op", "fault", "sort"];

let lastList = "#";

function readRoute() {
  const params = new URLSearchParams(location.hash.slice(1));
  const filters = Object.fromEntries(FILTERS.map((name) => [name, params.get(name) ?? ""]));
  return { id: params.get("case"), filters };
}

function listHash(filters) {
  const set = FILTERS.filter((name) => filters[name]).map((name) => [name, filters[name]]);
  return `#${new URLSearchParams(set)}`;
}

const caseHash = (id) => `#${new URLSearchParams([["case", id]])}`;

/** Change the filters without adding a step to the history for each key that is typed. */
const setFilters = (filters) => location.replace(listHash(filters));
