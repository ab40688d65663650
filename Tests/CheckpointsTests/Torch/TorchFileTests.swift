import Checkpoints
import Diagnostics
import Foundation
import GoldenSupport
import TestSupport
import Tensors
import Testing

@Suite("PyTorch checkpoints") struct TorchFileTests {
  private func path(_ name: String) -> String {
    Repository.path("fixtures/golden/torch-files/\(name)")
  }

  @Test(
    "both formats give torch's tensors, whatever their layout in memory",
    arguments: ["zip.ckpt", "legacy.ckpt", "bare.pt"])
  func agreesWithTorch(name: String) throws {
    let file = try TorchFile(path(name))
    let expected = try Golden.load("torch-files/expected")
    #expect(file.names == expected.keys.sorted() && file.names.count == 14)
    for (name, tensor) in expected {
      let read = try file.tensor(named: name, shape: tensor.shape)
      #expect(read.elements == tensor.elements, "\(name)")
    }
    #expect(file.info("float16") == TensorInfo(shape: [5], elementType: .float16))
    #expect(throws: CheckpointError.self) { try file.tensor(named: "epoch") }
  }

  @Test("float32 in the zip format is borrowed from the mapping")
  func mapped() throws {
    let tensor = try TorchFile(path("zip.ckpt")).tensor(named: "float32")
    #expect(tensor.storage.owner is MappedFile)
  }

  @Test(
    "a pickle that asks for os.system is refused by that name, in every format",
    arguments: ["system-zip.ckpt", "system-pickle.pt"])
  func refusesSystem(name: String) {
    let error = #expect(throws: CheckpointError.self) { try TorchFile(path(name)) }
    #expect(error == .refusedGlobal(file: path(name), name: "posix.system"))
    #expect(error?.description.contains("\"posix.system\"") == true)
    #expect(error?.exitStatus == .badData)
  }

  @Test(
    "so is every other name that tensors do not need, however it is asked for",
    arguments: [
      ("builtins", "eval"), ("os", "system"), ("subprocess", "Popen"), ("torch", "load"),
      ("torch._utils", "_import_dotted_name"), ("collections", "defaultdict"),
      ("numpy", "load"), ("collections.OrderedDict", "fromkeys"), ("", ""),
    ])
  func refusesNames(module: String, name: String) {
    let refusal = CheckpointError.refusedGlobal(file: "m.ckpt", name: "\(module).\(name)")
    let asked = [
      PickleBuilder().global(module, name),
      PickleBuilder().text(module).text(name).raw([0x93]),
      PickleBuilder().code("(i\(module)\n\(name)\n"),
    ]
    for pickle in asked {
      #expect(throws: refusal) { try openTorch(pickle.bytes) }
      #expect(throws: refusal) { try openTorch(torchArchive(pickle.bytes)) }
    }
  }

  @Test("names beside the weights are inert: what is made from them is no tensor")
  func inertNames() throws {
    let pickle = PickleBuilder().code("}(").text("x")
      .tensor(storage: 6, shape: [2, 3], strides: [3, 1]).text("junk")
      .global("numpy.core.multiarray", "scalar").code("(").global("numpy", "dtype")
      .code(")R}bNtRu.")
    #expect(try openTorch(torchArchive(pickle.bytes)).names == ["x"])
  }

  @Test(
    "the last of two equal keys counts, and the dictionary state_dict goes before the outer one")
  func dictionaries() throws {
    let two = PickleBuilder().code("}(").text("x").tensor(storage: 6, shape: [6], strides: [1])
      .text("x").tensor(storage: 6, shape: [2], strides: [1]).code("u.")
    #expect(try openTorch(torchArchive(two.bytes)).info("x")?.shape == [2])
    let nested = PickleBuilder().code("}(").text("outer")
      .tensor(storage: 6, shape: [6], strides: [1]).text("state_dict").code("}").text("inner")
      .tensor(storage: 6, shape: [2], strides: [1]).code("su.")
    #expect(try openTorch(torchArchive(nested.bytes)).names == ["inner"])
  }

  @Test(
    "the only dictionary of tensors within another is it, whatever a trainer called it",
    arguments: ["model", "ema", "params", "params_ema", "module", "state_dict", "Netz"])
  func wrapped(name: String) throws {
    let pickle = PickleBuilder().code("}(").text("step").integer(7).text("loss")
      .tensor(storage: 6, shape: [], strides: []).text("schedule").code("}").text("betas")
      .tensor(storage: 6, shape: [6], strides: [1]).code("s").text(name).code("}")
      .text("conv.weight").tensor(storage: 6, shape: [2], strides: [1]).code("su.")
    #expect(try openTorch(torchArchive(pickle.bytes)).names == ["conv.weight"])
  }

  @Test("several are named, and so is what is there in the place of tensors")
  func ambiguous() {
    func line(_ pickle: PickleBuilder) -> String {
      let error = #expect(throws: CheckpointError.self) {
        try openTorch(torchArchive(pickle.code("u.").bytes))
      }
      return error?.description ?? ""
    }
    func sets(_ tensor: String) -> PickleBuilder {
      ["ema", "model"].reduce(PickleBuilder().code("}(")) {
        $0.text($1).code("}").text(tensor).tensor(storage: 6, shape: [2], strides: [1]).code("s")
      }
    }
    #expect(line(sets("a.b")).contains(#""ema" (1 tensors), "model" (1 tensors); save"#))
    #expect(line(sets("body.0.rdb1.conv1.weight")).contains("an upscaler"))
    let empty = PickleBuilder().code("}(")
    #expect(line(empty.text("epoch").integer(3)).contains(#"by name, but "epoch"; expected"#))
    let words = empty.text("string_to_param").code("}")
    #expect(line(words).contains("an embedding for a word"))
    #expect(line(empty.text("layer_structure").integer(3)).contains("a hypernetwork"))
  }

  @Test(
    "a tensor that its storage cannot hold is refused",
    arguments: [
      (storage: 6, offset: 0, shape: [7], strides: [1]),
      (6, 1, [6], [1]), (6, 0, [2, 3], [4, 1]), (6, 0, [2], [6]), (7, 0, [2], [1]),
      (6, -1, [2], [1]), (6, 0, [-2], [1]), (6, 0, [2], [-1]), (6, 0, [2, 2], [1]),
      (6, 0, [1 << 40], [0]), (6, 0, [1 << 62, 4], [1, 1]), (6, 0, [0, 1 << 62, 4], [1, 1, 1]),
      (1 << 47, 0, [1 << 40], [1]), (Int.max, Int.max, [2], [Int.max]), (-1, 0, [0], [1]),
      (6, Int.max, [2], [1]), (6, 0, [2], [Int.max]),
      (6, 0, [Int](repeating: 1, count: 17), [Int](repeating: 1, count: 17)),
    ] as [(storage: Int, offset: Int, shape: [Int], strides: [Int])])
  func outsideStorage(storage: Int, offset: Int, shape: [Int], strides: [Int]) {
    let pickle = PickleBuilder.dictionary {
      $0.tensor(storage: storage, offset: offset, shape: shape, strides: strides)
    }
    #expect(throws: CheckpointError.self) { try openTorch(torchArchive(pickle)) }
  }

  @Test("many large views of one small storage are refused before they are read")
  func sharedStorage() {
    var pickle = PickleBuilder().code("}(")
    for index in 0..<40 {
      pickle = pickle.text("\(index)").tensor(storage: 6, shape: [6], strides: [1])
    }
    #expect(throws: CheckpointError.self) { try openTorch(torchArchive(pickle.code("u.").bytes)) }
  }

  @Test("what is no checkpoint is said so")
  func noCheckpoint() {
    let contents: [[UInt8]] = [
      [], Array("hello, world".utf8), Array("PK".utf8), zipArchive([("a", [1])]),
      PickleBuilder().code("N.").bytes, torchArchive(PickleBuilder().code("N.").bytes),
      torchArchive(PickleBuilder().code("}.").bytes),
      zipArchive([("m/data.pkl", PickleBuilder().code("}.").bytes), ("m/byteorder", [0x62])]),
    ]
    for bytes in contents { #expect(throws: CheckpointError.self) { try openTorch(bytes) } }
    #expect(throws: FileError.missing(path: "/nonexistent.ckpt")) {
      try TorchFile("/nonexistent.ckpt")
    }
  }

  @Test(
    "a truncated checkpoint is refused, wherever it ends", arguments: ["zip.ckpt", "legacy.ckpt"])
  func truncated(name: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
    for count in stride(from: 0, to: bytes.count, by: 13) {
      #expect(throws: CheckpointError.self) { try openTorch(Array(bytes.prefix(count))) }
    }
  }
}
