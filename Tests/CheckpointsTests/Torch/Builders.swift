import Checkpoints
import Foundation

/// Writes pickles instruction by instruction, honest or hostile.
struct PickleBuilder {
  private(set) var bytes: [UInt8] = [0x80, 2]

  func raw(_ more: [UInt8]) -> PickleBuilder {
    var copy = self
    copy.bytes += more
    return copy
  }

  func code(_ letters: String) -> PickleBuilder { raw(Array(letters.utf8)) }
  func global(_ module: String, _ name: String) -> PickleBuilder { code("c\(module)\n\(name)\n") }

  func text(_ text: String) -> PickleBuilder {
    code("X").raw(littleEndian(UInt32(text.utf8.count))).raw(Array(text.utf8))
  }

  func integer(_ value: Int) -> PickleBuilder { raw([0x8a, 8] + littleEndian(value)) }

  func tuple(_ values: [Int]) -> PickleBuilder {
    values.reduce(code("(")) { $0.integer($1) }.code("t")
  }

  /// A tensor of float32 as torch pickles it; `storage` is the number of elements claimed.
  func tensor(
    storage: Int, key: String = "0", offset: Int = 0, shape: [Int], strides: [Int],
    type: String = "FloatStorage"
  ) -> PickleBuilder {
    global("torch._utils", "_rebuild_tensor_v2").code("((").text("storage").global("torch", type)
      .text(key).text("cpu").integer(storage).code("tQ").integer(offset).tuple(shape)
      .tuple(strides).raw([0x89]).global("collections", "OrderedDict").code(")RtR")
  }

  /// `{name: value}` and the pickle's end, where `value` appends to what it is given.
  static func dictionary(
    _ name: String = "x", _ value: (PickleBuilder) -> PickleBuilder
  ) -> [UInt8] {
    value(PickleBuilder().code("}").text(name)).code("s.").bytes
  }
}

func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// A zip archive of stored members, as PyTorch writes it.
func zipArchive(_ members: [(name: String, data: [UInt8])]) -> [UInt8] {
  var file: [UInt8] = []
  var directory: [UInt8] = []
  for (name, data) in members {
    let sizes = littleEndian(UInt32(data.count)) + littleEndian(UInt32(data.count))
    let common =
      [0, 0, 0, 0, 0, 0, 0, 0] + littleEndian(UInt32(0)) + sizes
      + littleEndian(UInt16(name.utf8.count)) + [0, 0]
    directory +=
      littleEndian(UInt32(0x0201_4b50)) + [0, 0, 0, 0] + common + [UInt8](repeating: 0, count: 10)
      + littleEndian(UInt32(file.count)) + Array(name.utf8)
    file += littleEndian(UInt32(0x0403_4b50)) + [0, 0] + common + Array(name.utf8) + data
  }
  let count = littleEndian(UInt16(members.count))
  let end =
    littleEndian(UInt32(0x0605_4b50)) + [0, 0, 0, 0] + count + count
    + littleEndian(UInt32(directory.count)) + littleEndian(UInt32(file.count)) + [0, 0]
  return file + directory + end
}

/// A PyTorch archive of one pickle and one storage "0".
func torchArchive(_ pickle: [UInt8], storage: [UInt8] = [UInt8](repeating: 0, count: 24)) -> [UInt8]
{
  zipArchive([("m/data.pkl", pickle), ("m/data/0", storage), ("m/version", Array("3\n".utf8))])
}

func openTorch(_ bytes: [UInt8]) throws -> TorchFile {
  try TorchFile(MappedFile(bytes, path: "m.ckpt"))
}
