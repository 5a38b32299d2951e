#!/usr/bin/env node
// Writes src/grammar/text/unicode_tables.h: general categories, scripts, some binary properties and
// simple case folding, as this Node's own Unicode data has them. Run it when a newer Unicode matters:
//   node tools/generate_unicode_classes.mjs > src/grammar/text/unicode_tables.h
// The categories' and scripts' names are Unicode's (PropertyValueAliases.txt).

const CATEGORIES = ["Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
  "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn"];
const SCRIPTS = `Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki
  Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common
  Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan
  Elymaic Ethiopic Garay Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Gurung_Khema Han Hangul
  Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian
  Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Kirat_Rai Lao Latin
  Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi
  Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar
  Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Ol_Onal Old_Hungarian
  Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya
  Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian
  Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Sunuwar Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le
  Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Todhri Toto Tulu_Tigalari Ugaritic
  Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square`.split(/\s+/);
const BINARY = ["Alphabetic", "ASCII_Hex_Digit", "Cased", "Dash", "Emoji", "Emoji_Presentation", "Extended_Pictographic", "Hex_Digit",
  "ID_Continue", "ID_Start", "Ideographic", "Join_Control", "Lowercase", "Math", "Uppercase", "White_Space", "XID_Continue",
  "XID_Start"];
const LAST = 0x10ffff;

const classOf = (property) => {
  try {
    return new RegExp(`^\\p{${property}}$`, "u");
  } catch {
    return null; // a script newer than this Node
  }
};
const isIn = (pattern, c) => pattern.test(String.fromCodePoint(c));

function runsOf(valueOf) {
  const runs = [];
  for (let c = 0, before = -1; c <= LAST; c++) {
    const value = valueOf(c, before);
    if (value !== before) runs.push([c, (before = value)]);
  }
  return runs;
}

function firstMatch(patterns) { // tries the value of the code point before it first
  return (c, before) => {
    if (before >= 0 && patterns[before]?.test(String.fromCodePoint(c))) return before;
    return patterns.findIndex((pattern) => pattern && isIn(pattern, c));
  };
}

// Numbers of five bits a character, the lowest first; 32 is added where more follow. '0' is 0.
function pack(number) {
  let text = "";
  for (; number >= 32; number = Math.floor(number / 32)) text += String.fromCharCode(48 + 32 + (number % 32));
  return text + String.fromCharCode(48 + number);
}

function print(name, numbers) {
  console.log(`inline constexpr std::string_view ${name} =`);
  const text = numbers.map(pack).join("");
  const lines = text.match(/.{1,92}/g).map((line) => `    R"(${line})"`);
  console.log(`${lines.join("\n")};`);
}

function printNames(name, list) {
  console.log(`inline constexpr std::string_view ${name}[] = {`);
  for (const entry of list) console.log(`    "${entry}",`);
  console.log("};");
}

const differences = (list) => list.map((value, i) => value - (i > 0 ? list[i - 1] : 0));
const packedRuns = (runs) => {
  const lengths = differences(runs.map(([start]) => start));
  return runs.flatMap(([, value], i) => [lengths[i], value]);
};

// [code point, smallest code point that equals it without case]
function caseFolds() {
  const parent = new Map();
  const find = (c) => (parent.has(c) && parent.get(c) !== c ? find(parent.get(c)) : c);
  for (let c = 0; c <= LAST; c++) {
    const text = String.fromCodePoint(c);
    for (const other of [text.toLowerCase(), text.toUpperCase()]) {
      if (other === text || [...other].length !== 1 || !new RegExp(`^\\u{${c.toString(16)}}$`, "iu").test(other)) continue;
      const [a, b] = [find(c), find(other.codePointAt(0))].sort((x, y) => x - y);
      parent.set(a, a);
      parent.set(b, a);
    }
  }
  return [...parent.keys()].filter((c) => find(c) !== c).sort((a, b) => a - b).map((c) => [c, find(c)]);
}

console.log(`#pragma once
// Generated by tools/generate_unicode_classes.mjs from Unicode ${process.versions.unicode}. Do not edit.
// clang-format off
// Lists of numbers, five bits a character: PackedNumbers in unicode_classes.cc reads them.

#include <string_view>

namespace diptych::grammar {
`);
printNames("kCategoryNames", CATEGORIES);
printNames("kScriptNames", [...SCRIPTS, "Unknown"]);
printNames("kBinaryNames", BINARY);
console.log("\n// By run of one value: how far its begin is from the one before, the index of the name.");
print("kCategoryRuns", packedRuns(runsOf(firstMatch(CATEGORIES.map(classOf)))));
const script = firstMatch(SCRIPTS.map((name) => classOf(`Script=${name}`)));
print("kScriptRuns", packedRuns(runsOf((c, before) => {
  const found = script(c, before);
  return found < 0 ? SCRIPTS.length : found;
})));
console.log("\n// By binary property: how many bounds follow; the first code point that has it, the first after that that has not, …");
print("kBinaryBounds", BINARY.flatMap((name) => {
  const pattern = classOf(name);
  const bounds = runsOf((c) => (isIn(pattern, c) ? 1 : 0)).filter(([c, v]) => c > 0 || v > 0).map(([c]) => c);
  return [bounds.length, ...differences(bounds)];
}));
console.log("\n// Code point (from the one before), and how far above the smallest that equals it when case does not count.");
const folds = caseFolds();
const steps = differences(folds.map(([c]) => c));
print("kCaseFolds", folds.flatMap(([c, smallest], i) => [steps[i], c - smallest]));
console.log("\n}  // namespace diptych::grammar");
