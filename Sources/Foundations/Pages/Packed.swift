import Foundation

/// Numbers as a page carries them: little-endian, in Base64. `numbers.js` reads them.
public enum Packed {
  /// - Parameter values: of a type whose bytes are its value, such as UInt8, UInt16 or Float.
  public static func text<Number: BitwiseCopyable>(_ values: [Number]) -> String {
    values.withUnsafeBytes { Data($0).base64EncodedString() }
  }
}
