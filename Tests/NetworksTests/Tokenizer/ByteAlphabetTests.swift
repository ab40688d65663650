import Networks
import Testing

@Suite("Byte alphabet") struct ByteAlphabetTests {
  @Test("every byte has its own printable character and comes back")
  func roundTrip() {
    let all = Array(0...UInt8.max)
    #expect(Set(ByteAlphabet.characters).count == 256)
    #expect(ByteAlphabet.bytes(of: ByteAlphabet.spelling(of: all)) == all)
    #expect(
      ByteAlphabet.characters.allSatisfy {
        !$0.properties.isWhitespace && $0.properties.generalCategory != .control
      })
  }

  @Test("the table is GPT-2's", arguments: [(0x41, "A"), (0x20, "Ġ"), (0, "Ā"), (0xad, "Ń")])
  func knownCharacters(byte: UInt8, character: Unicode.Scalar) {
    #expect(ByteAlphabet.characters[Int(byte)] == character)
  }

  @Test("other characters stand for no byte", arguments: ["\u{ad}", " ", "Ń!ń", "漢"])
  func strangers(text: String) {
    #expect(ByteAlphabet.bytes(of: text) == nil)
  }
}
