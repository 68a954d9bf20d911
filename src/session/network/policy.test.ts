import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAddress, isPublic, parseAddress, unmapped } from "./addresses.js";
import { createGrants } from "./grants.js";
import { createPolicy, NotAllowedError, parseRule } from "./policy.js";

const address = (text: string) => {
  const parsed = parseAddress(text);
  assert.ok(parsed, `${text} is an address`);
  return parsed;
};

test("an address is the same address in whatever form it is written", () => {
  for (const text of [
    "127.0.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "127.1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
  ]) {
    assert.equal(formatAddress(unmapped(address(text))), "127.0.0.1", text);
  }
  assert.equal(formatAddress(address("2001:DB8::1")), "2001:db8:0:0:0:0:0:1");
  assert.equal(formatAddress(address("::")), "0:0:0:0:0:0:0:0");
});

test("what is no address is none", () => {
  for (const text of [
    "",
    "example.com",
    "1.2.3.4.5",
    "256.1.1.1",
    "1.2.3.256",
    "4294967296",
    "08.1.1.1",
    "1..2",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "::1%eth0",
    "12345::",
    "1:2:3:4:5:6:7:8:9",
    "::1.2.3",
  ]) {
    assert.equal(parseAddress(text), undefined, text);
  }
});

test("only addresses of the public internet are public", () => {
  for (const text of [
    "1.1.1.1",
    "93.184.216.34",
    "172.32.0.1",
    "2606:4700::1111",
    "::ffff:1.1.1.1",
    "64:ff9b::1.1.1.1",
    "2002:101:101::1",
  ]) {
    assert.equal(isPublic(address(text)), true, text);
  }
  for (const text of [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001::1",
    "2001:db8::1",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "100::1",
    "3fff::1",
    "5f00::1",
  ]) {
    assert.equal(isPublic(address(text)), false, text);
  }
});

test("hosts are named with a port or all of them, and nothing else is taken for a host", () => {
  for (const text of [
    "example.com",
    "example.com:443",
    "*.example.com",
    "*",
    "*:443",
    "localhost:80",
    "10.0.0.1",
    "10.0.0.1:80",
    "::1",
    "[::1]",
    "[::1]:80",
  ]) {
    assert.ok(parseRule(text), text);
  }
  for (const text of [
    "",
    ":80",
    "example.com:",
    "example.com:0",
    "example.com:65536",
    "example.com:x",
    "http://example.com",
    "a b",
    "a/b",
    "*.",
    "a.*.b",
    "[::1",
    "[1.2.3.4]",
    "a..b",
    "user@host",
  ]) {
    assert.equal(parseRule(text), undefined, text);
  }
});

test("a name is allowed by itself, by what is above it, or by a star, on the ports that were given", () => {
  const policy = createPolicy(["Example.com:443", "*.example.org", "192.0.2.7:80"]);
  assert.equal(policy.allowsPort("example.com", 443), true);
  assert.equal(policy.allowsPort("example.com", 80), false);
  assert.equal(policy.allowsPort("www.example.com", 443), false);
  assert.equal(policy.allowsPort("a.b.example.org", 1), true);
  assert.equal(policy.allowsPort("example.org", 1), false);
  assert.equal(policy.allowsPort("evilexample.org", 1), false);
  assert.equal(policy.allowsAddress(address("192.0.2.7"), 80), true);
  assert.equal(policy.allowsAddress(address("::ffff:192.0.2.7"), 80), true);
  assert.equal(policy.allowsAddress(address("192.0.2.7"), 81), false);
  assert.equal(policy.allowsAddress(address("1.1.1.1"), 80), false);
  const all = createPolicy(["*"]);
  assert.equal(all.allowsAddress(address("1.1.1.1"), 80), true);
  assert.equal(all.allowsAddress(address("10.0.0.1"), 80), false);
  assert.equal(all.allowsAddressOf("localhost", address("127.0.0.1")), false);
});

function grantsFor(allow: readonly string[], names: Readonly<Record<string, readonly string[]>>) {
  return createGrants(createPolicy(allow), { lookup: async (name) => names[name] ?? [] });
}

test("an address may be connected to once an allowed name was found to have it, on that name's ports", async () => {
  const grants = grantsFor(["api.test:443"], { "api.test": ["1.2.3.4", "10.1.1.1"] });
  assert.throws(() => grants.addressToConnect("1.2.3.4", 443), NotAllowedError);
  assert.deepEqual(await grants.addressesOf("api.test", 443), ["1.2.3.4"]);
  assert.equal(grants.addressToConnect("1.2.3.4", 443), "1.2.3.4");
  assert.equal(grants.addressToConnect("::ffff:1.2.3.4", 443), "1.2.3.4");
  assert.throws(() => grants.addressToConnect("1.2.3.4", 80), /api.test:80 .*--allow-net api.test:80/);
  assert.throws(() => grants.addressToConnect("10.1.1.1", 443), /10.1.1.1 is not a public address/);
  await assert.rejects(grants.addressesOf("api.test", 80), NotAllowedError);
});

test("a name that leads to a private address gets there only if that address is named too", async () => {
  const names = {
    "intranet.test": ["10.1.1.1"],
    localhost: ["127.0.0.1", "::1"],
    "sly.localhost": ["10.1.1.1"],
  };
  await assert.rejects(grantsFor(["intranet.test", "*"], names).addressesOf("intranet.test"), /not public/);
  const both = grantsFor(["intranet.test", "10.1.1.1:80"], names);
  assert.deepEqual(await both.addressesOf("intranet.test", 80), ["10.1.1.1"]);
  await assert.rejects(both.addressesOf("intranet.test", 22), NotAllowedError);
  assert.throws(() => both.addressToConnect("10.1.1.1", 22), NotAllowedError);
  assert.deepEqual(await grantsFor(["localhost"], names).addressesOf("localhost"), [
    "127.0.0.1",
    "0:0:0:0:0:0:0:1",
  ]);
  await assert.rejects(grantsFor(["sly.localhost"], names).addressesOf("sly.localhost"), NotAllowedError);
});
