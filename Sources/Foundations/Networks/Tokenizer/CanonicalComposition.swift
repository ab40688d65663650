import Foundation

/// Unicode's normalisation form C (UAX #15) as the reference tokenizer has it: by the data of
/// Unicode 9, so that what came later neither moves nor composes.
///
/// The steps are those of the standard: decompose, put the marks of a letter in canonical order,
/// compose. They are spelled out here since Foundation's own composition leaves a Hangul syllable
/// without its final consonant, reorders newer marks by classes of its own, and takes U+E0065 for
/// an e; what it is asked for here is checked.
enum CanonicalComposition {
  private static let newestVersion = 9

  /// The scalars that `scalar` decomposes to.
  static func decomposed(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    guard scalar.value >= 0xc0, isKnown(scalar) else { return [scalar] }
    return Array(String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars)
  }

  /// The place of a mark among the marks of its letter; 0 for what starts something new.
  static func combiningClass(_ scalar: Unicode.Scalar) -> UInt8 {
    guard scalar.value >= 0x300, isKnown(scalar) else { return 0 }
    return scalar.properties.canonicalCombiningClass.rawValue
  }

  /// The scalar that `first` and `second` compose to, if there is one.
  static func composed(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
    if let syllable = Hangul.composed(first, second) { return syllable }
    guard isMark(second), isKnown(first), isKnown(second) else { return nil }
    let pair = decomposed(first) + [second]
    let composed = String(String.UnicodeScalarView(pair))
      .precomposedStringWithCanonicalMapping.unicodeScalars
    guard let only = composed.first, composed.count == 1, isKnown(only), decomposed(only) == pair
    else { return nil }
    return only
  }

  /// Whether the scalar was in the version of Unicode that the reference goes by.
  private static func isKnown(_ scalar: Unicode.Scalar) -> Bool {
    guard let age = scalar.properties.age else { return false }
    return age.major <= newestVersion
  }

  private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    guard scalar.value >= 0x300 else { return false }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark: return true
    default: return false
    }
  }

  /// Korean syllables compose by arithmetic: the Unicode standard, section 3.12.
  private enum Hangul {
    static let syllables: Range<UInt32> = 0xac00..<0xd7a4
    static let leading: Range<UInt32> = 0x1100..<0x1113
    static let vowels: Range<UInt32> = 0x1161..<0x1176
    /// The trailing consonants; the code point before them stands for none.
    static let trailing: Range<UInt32> = 0x11a8..<0x11c3

    static func composed(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
      let (first, second) = (first.value, second.value)
      let trailingCount = UInt32(trailing.count + 1)
      if leading.contains(first), vowels.contains(second) {
        let pair = (first - leading.lowerBound) * UInt32(vowels.count) + second - vowels.lowerBound
        return Unicode.Scalar(syllables.lowerBound + pair * trailingCount)
      }
      if syllables.contains(first), (first - syllables.lowerBound) % trailingCount == 0,
        trailing.contains(second)
      {
        return Unicode.Scalar(first + second - trailing.lowerBound + 1)
      }
      return nil
    }
  }
}
