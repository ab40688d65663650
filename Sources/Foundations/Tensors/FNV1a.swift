/// A 64-bit digest of bytes, for telling names and pictures apart and for streams of random numbers; it
/// keeps no secret.
///
/// Source: Fowler, Noll, Vo, FNV-1a (RFC 9923).
package struct FNV1a {
  /// Of all bytes so far.
  package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  /// Of no bytes.
  package init() {}

  /// Takes in more bytes.
  package mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }

  /// Folded to the 32 bits that a `TorchGenerator` takes as its seed.
  package var seed: UInt64 { (value ^ (value >> 32)) & 0xffff_ffff }
}
