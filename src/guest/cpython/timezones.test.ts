import assert from "node:assert/strict";
import { test } from "node:test";
import { createSession } from "../../node/sessions.js";

/** Zones whose rules have been the same for long, so that Node's own data knows them as well. */
const zones = [
  "Europe/Berlin",
  "America/New_York",
  "Australia/Sydney",
  "Asia/Kolkata",
  "Asia/Tokyo",
  "Europe/London",
];

/** Seconds east of Greenwich, as the host's own database has them. */
function hostOffset(zone: string, seconds: number): number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  const match = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(format.format(seconds * 1000));
  const [, sign, hours = "0", minutes = "0"] = match ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}

test("zoneinfo knows the zones of the world, past 2037 as well, as the host does", async () => {
  const times: number[] = [];
  for (let year = 1975; year < 2060; year += 3) {
    for (const month of [0, 2, 3, 6, 9, 10]) times.push(Date.UTC(year, month, 28, 3) / 1000);
  }
  const session = await createSession("python");
  const { result, error } = await session.run(`
import datetime, json, zoneinfo
def offsets(name):
    zone = zoneinfo.ZoneInfo(name)
    return [int(datetime.datetime.fromtimestamp(t, zone).utcoffset().total_seconds()) for t in ${JSON.stringify(times)}]
json.dumps({name: offsets(name) for name in ${JSON.stringify(zones)}})`);
  await session.close();
  assert.equal(error, undefined);
  const found = JSON.parse((result as string).slice(1, -1)) as Record<string, number[]>;
  for (const zone of zones) {
    assert.deepEqual(
      found[zone],
      times.map((time) => hostOffset(zone, time)),
      zone,
    );
  }
});

test("zoneinfo tells summer time, names and missing zones as CPython does", async () => {
  const session = await createSession("python");
  const { output, error } = await session.run(`
import datetime, zoneinfo
summer = datetime.datetime(2050, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
print(summer.tzname(), summer.dst(), "UTC" in zoneinfo.available_timezones())
try:
    zoneinfo.ZoneInfo("Mars/Olympus")
except zoneinfo.ZoneInfoNotFoundError:
    print("not found")`);
  await session.close();
  assert.equal(error, undefined);
  assert.equal(output, "CEST 1:00:00 True\nnot found\n");
});
