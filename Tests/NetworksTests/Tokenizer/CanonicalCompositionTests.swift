import Networks
import Testing

@Suite("Normalisation form C") struct CanonicalCompositionTests {
  private func composed(_ scalars: [UInt32]) throws -> [UInt32] {
    let text = String(String.UnicodeScalarView(scalars.compactMap(Unicode.Scalar.init)))
    return try Vocabularies.small.get().tokenize(text).normalized.unicodeScalars.map(\.value)
  }

  @Test(
    "marks are put in order and composed unless something blocks them",
    arguments: [
      ([0x65, 0x301], [0xe9]), ([0x212b], [0xe5]), ([0x344], [0x308, 0x301]),
      // ệ: the dot below sorts before the circumflex and composes first.
      ([0x65, 0x302, 0x323], [0x1ec7]), ([0x65, 0x323, 0x302], [0x1ec7]),
      // A mark of the same class blocks; one of a lower class does not.
      ([0x61, 0x305, 0x301], [0x61, 0x305, 0x301]), ([0x61, 0x323, 0x301], [0x1ea1, 0x301]),
      ([0x61, 0x334, 0x301], [0xe1, 0x334]), ([0x61, 0x20, 0x301], [0x61, 0x20, 0x301]),
      // Composition exclusions stay apart, as does what nothing stands before.
      ([0x958], [0x915, 0x93c]), ([0x301, 0x61], [0x301, 0x61]),
      ([0xcc6, 0xcc2, 0xcd5], [0xccb]), ([0xcca, 0xcd5], [0xccb]),
      // A mark younger than Unicode 9 is not moved, nor does it compose.
      ([0x61, 0x301, 0x1abf], [0xe1, 0x1abf]), ([0x61, 0x1abf, 0x301], [0x61, 0x1abf, 0x301]),
      ([0x11935, 0x11930], [0x11935, 0x11930]), ([0xe0065, 0x302], [0xe0065, 0x302]),
      ([0x11099, 0x110ba], [0x1109a]),
    ] as [([UInt32], [UInt32])])
  func order(scalars: [UInt32], expected: [UInt32]) throws {
    #expect(try composed(scalars) == expected)
  }

  @Test("each Korean syllable comes together from its letters, and from its first two")
  func hangul() throws {
    for syllable in UInt32(0)..<11172 {
      let (leading, vowel, trailing) = (syllable / 588, syllable % 588 / 28, syllable % 28)
      let tail = trailing == 0 ? [] : [0x11a7 + trailing]
      let whole = [0xac00 + syllable]
      #expect(try composed([0x1100 + leading, 0x1161 + vowel] + tail) == whole)
      #expect(try composed([0xac00 + syllable - trailing] + tail) == whole)
    }
    #expect(try composed([0xac01, 0x11a8]) == [0xac01, 0x11a8])
    #expect(try composed([0xac00, 0x11a7]) == [0xac00, 0x11a7])
  }

  @Test("what is composed stays as it is")
  func idempotence() throws {
    for prompt in try GoldenPrompt.all.get() {
      let once = try Vocabularies.small.get().tokenize(prompt.text).normalized
      // İ gains a dot above in lower case, after composition, and so is left out.
      guard !prompt.text.unicodeScalars.contains("\u{130}") else { continue }
      let twice = try Vocabularies.small.get().tokenize(once).normalized
      #expect(once.unicodeScalars.elementsEqual(twice.unicodeScalars))
    }
  }
}
