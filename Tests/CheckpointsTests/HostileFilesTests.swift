import Checkpoints
import Diagnostics
import Foundation
import JSON
import Tensors
import Testing
import TestSupport

/// 105,000 damaged files from fixed seeds. Each kind is read in a process of its own with little
/// memory and a time limit, so that a crash, a hang or a greedy allocation fails the test.
@Suite("Hostile files: a valid result or one clear line") struct HostileFilesTests {
  @Test("safetensors, damaged anywhere")
  func safetensors() async {
    await #expect(processExitsWith: .success) {
      let corpus = [
        try golden("number-formats.safetensors"), try golden("torch-files/expected.safetensors"),
      ]
      try Fuzzing.run(Mutator(corpus: corpus, tokens: headerTokens, seed: 1), cases: 20_000) {
        try readAll(SafetensorsFile(MappedFile($0, path: "m.safetensors")), of: $0.count)
      }
    }
  }

  @Test("safetensors, damaged in the header alone, its length made right")
  func safetensorsHeaders() async {
    await #expect(processExitsWith: .success) {
      let headers = [
        #"{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"F16","shape":[4],"#
          + #""data_offsets":[24,32]},"__metadata__":{"format":"pt"}}"#,
        #"{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"b":{"dtype":"I64","shape":[0,2],"#
          + #""data_offsets":[1,1]},"c":{"dtype":"BOOL","shape":[31],"data_offsets":[1,32]}}"#,
      ].map { Array($0.utf8) }
      try Fuzzing.run(
        Mutator(corpus: headers, tokens: headerTokens, seed: 2), cases: 25_000,
        prepare: { littleEndian(UInt64($0.count)) + $0 + [UInt8](repeating: 1, count: 32) },
        { try readAll(SafetensorsFile(MappedFile($0, path: "m.safetensors")), of: $0.count) })
    }
  }

  @Test("pickles inside an intact archive")
  func pickles() async {
    await #expect(processExitsWith: .success) {
      let pickles = [
        try pickle(in: "torch-files/zip.ckpt"), try pickle(in: "torch-files/bare.pt"),
        try pickle(in: "torch-files/system-zip.ckpt"), try pickle(in: "torch-types/beside.pt"),
        PickleBuilder.dictionary { $0.tensor(storage: 6, shape: [2, 3], strides: [3, 1]) },
        PickleBuilder.dictionary { $0.tensor(storage: 6, shape: [9, 3], strides: [0, 1]) },
      ]
      try Fuzzing.run(
        Mutator(corpus: pickles, tokens: pickleTokens, seed: 3), cases: 25_000,
        prepare: { torchArchive($0) }, { try readAll(openTorch($0), of: $0.count) })
    }
  }

  @Test("PyTorch checkpoints of both formats, damaged anywhere")
  func torchFiles() async {
    await #expect(processExitsWith: .success) {
      let corpus = [
        try golden("torch-files/zip.ckpt"), try golden("torch-files/legacy.ckpt"),
        try golden("torch-files/bare.pt"), try golden("torch-types/python2.pth"),
        try golden("torch-types/beside.pt"),
        torchArchive(PickleBuilder.dictionary { $0.tensor(storage: 6, shape: [6], strides: [1]) }),
      ]
      try Fuzzing.run(
        Mutator(corpus: corpus, tokens: pickleTokens + zipTokens, seed: 4), cases: 20_000
      ) { bytes in
        try readAll(WeightFile.open(MappedFile(bytes, path: "m.ckpt")), of: bytes.count)
      }
    }
  }

  @Test("whole models in CompVis layout, damaged in their tensors' names and shapes")
  func models() async {
    await #expect(processExitsWith: .success) {
      let corpus = try ["sd.ckpt", "vq-f8.ckpt"].map { name in
        NamedShapes.text(
          of: try WeightFile.open(Repository.path("fixtures/golden/compvis/\(name)")))
      }
      try Fuzzing.run(Mutator(corpus: corpus, tokens: nameTokens, seed: 5), cases: 1_000) { text in
        let choice: ModelFiles.WeightChoice = text.count % 2 == 0 ? .standard : .movingAverage
        let parts: Set<ModelFiles.Part> =
          text.count % 3 == 0 ? [.autoencoder] : Set(ModelFiles.Part.allCases)
        let model = try ModelFiles(compVis: NamedShapes(text), parts: parts, weights: choice)
        for part in [model.unet, model.autoencoder, model.textEncoder].compactMap({ $0 }) {
          try visit(part.configuration)
          for name in part.weights.names { _ = part.weights.info(name) }
        }
      }
    }
  }

  @Test("JSON configurations")
  func configurations() async {
    await #expect(processExitsWith: .success) {
      let corpus = [
        #"{"_class_name": "AutoencoderKL", "block_out_channels": [128, 256], "norm_eps": 1e-06}"#,
        #"{"unet": ["diffusers", "UNet2DConditionModel"], "x": [null, true, {"é\u00e9\n": -0.5}]}"#,
        #"{"weight_map": {"a.weight": "model-00001-of-00002.safetensors"}, "metadata": {}}"#,
      ].map { Array($0.utf8) }
      try Fuzzing.run(
        Mutator(corpus: corpus, tokens: headerTokens, seed: 6), cases: 14_000
      ) { bytes in
        try visit(JSONNode(ofModel: Data(bytes), file: "config.json"))
      }
    }
  }
}

@Suite("A reader that breaks the promise is found out") struct FuzzingTests {
  private static let mutator = Mutator(corpus: [[1, 2, 3]], tokens: [[4]], seed: 0)

  @Test("by crashing, by greed, by hanging, by an error that is for nobody, by two lines")
  func breaches() async {
    await #expect(processExitsWith: .success) {
      try Fuzzing.run(Self.mutator, cases: 9) { _ in throw FileError.missing(path: "a") }
    }
    await #expect(processExitsWith: .failure) {
      try Fuzzing.run(Self.mutator, cases: 9) { bytes in precondition(bytes.count > 100) }
    }
    #if os(Linux)
      await #expect(processExitsWith: .failure) {
        try Fuzzing.run(Self.mutator, cases: 9) { _ in
          let greedy = [UInt8](repeating: 1, count: 2 * Fuzzing.memory)
          withExtendedLifetime(greedy) {}
        }
      }
    #endif
    await #expect(processExitsWith: .failure) {
      try Fuzzing.run(Self.mutator, cases: 1, patience: 1) { _ in sleep(60) }
    }
    await #expect(processExitsWith: .failure) {
      try Fuzzing.run(Self.mutator, cases: 9) { _ in throw CancellationError() }
    }
    await #expect(processExitsWith: .failure) {
      try Fuzzing.run(Self.mutator, cases: 9) { _ in throw FileError.missing(path: "a\nb") }
    }
  }
}

// MARK: - Reading to the end

/// Reads every tensor of a source and checks that their numbers fit in the file.
private func readAll(_ source: some WeightSource, of bytes: Int) throws {
  var stored = 0
  for name in source.names {
    guard let info = source.info(name) else {
      throw Fuzzing.Failure(description: "\(name) is named but unknown")
    }
    let tensor = try source.tensor(named: name)
    guard tensor.shape == info.shape, tensor.elements.count == tensor.count else {
      throw Fuzzing.Failure(description: "\(name) has another shape than announced")
    }
    stored += tensor.count * info.elementType.byteCount
  }
  // Expanded tensors may repeat what is stored up to a bound of their own.
  guard stored <= 16 * bytes + (128 << 20) else {
    throw Fuzzing.Failure(description: "\(stored) bytes of tensors in a file of \(bytes)")
  }
}

/// Asks every value of a configuration for everything; a refusal is an answer.
private func visit(_ node: JSONNode) throws {
  func ask(_ question: () throws -> Void) throws {
    do { try question() } catch is JSONError {}
  }
  try ask { _ = try node.integer(in: 1...65536) }
  try ask { _ = try node.number() }
  try ask { _ = try node.string() }
  try ask { _ = try node.bool() }
  try ask { _ = try node.find("block_out_channels")?.integers() }
  try ask { for member in try node.members().values { try visit(member) } }
  try ask { for element in try node.elements() { try visit(element) } }
}

// MARK: - Good files and meaningful pieces

private func golden(_ name: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: Repository.path("fixtures/golden/\(name)"))))
}

/// The pickle of a PyTorch archive: its first member, behind a local header.
private func pickle(in name: String) throws -> [UInt8] {
  let archive = try golden(name)
  let nameLength = Int(archive[26]) | Int(archive[27]) << 8
  let extraLength = Int(archive[28]) | Int(archive[29]) << 8
  let end = Array("PK".utf8) + [7, 8]
  let start = 30 + nameLength + extraLength
  let stop = (start..<archive.count - 4).first { Array(archive[$0..<$0 + 4]) == end }
  return Array(archive[start..<(stop ?? archive.count)])
}

/// A checkpoint of which only the names and shapes are there, from lines like `conv.weight 4,3,3,3`.
private struct NamedShapes: WeightSource {
  let origin = "m.ckpt"
  private var shapes: [String: [Int]] = [:]

  init(_ text: [UInt8]) {
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      let extents = words.dropFirst().joined().split(separator: ",").map { Int($0) ?? 1 }
      if let name = words.first { shapes[String(name)] = extents.map { abs($0 % (1 << 40)) } }
    }
  }

  static func text(of source: any WeightSource) -> [UInt8] {
    let lines = source.names.map { name in
      "\(name) " + (source.info(name)?.shape ?? []).map(String.init).joined(separator: ",")
    }
    return Array(lines.joined(separator: "\n").utf8)
  }

  var names: [String] { shapes.keys.sorted() }

  func info(_ name: String) -> TensorInfo? {
    shapes[name].map { TensorInfo(shape: $0, elementType: .float32) }
  }

  /// Any shape is claimed, but only that of a schedule is read while a model opens.
  func tensor(named name: String) throws -> Tensor { Tensor([3], [0.01, 0.0225, 0.04]) }
}

private let headerTokens = [
  "\"__metadata__\":{}", "\"dtype\":\"F64\"", "\"shape\":[9223372036854775807,2]", "\"a\":",
  "\"data_offsets\":[0,0]", "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "1e9",
  "null", "{\"a\":", "[[[[[[[[",
].map { Array($0.utf8) }

private let nameTokens = [
  "encoder.down.0.block.1.conv1.weight", "model.diffusion_model.", "quantize.embedding.weight",
  "model_ema.", " ", "\n", ".weight 1,", " 0,0,0,0\n", "first_stage_model.",
  "cond_stage_model.transformer.", ".attn.0.q.weight", "betas", "v_pred", "ztsnr", "control_model.",
  "cond_stage_model.embedding.", ".attn_1.to_q.weight", "text_projection", "lora_unet_",
  "emb_params",
].map { Array($0.utf8) }

private let pickleTokens: [[UInt8]] =
  [
    "cos\nsystem\n", "ctorch\nFloatStorage\n", "ctorch\nfloat8_e5m2\n", "c__builtin__\nset\n",
    "ctorch._tensor\n_rebuild_from_type_v2\n", "ctorch.storage\nUntypedStorage\n",
    "ccollections\nOrderedDict\n", "(", ")", "t", "R",
    "b", "Q", "}", "]", "u", "e", "s", "a", "N", "0", "1", "2", ".", "l", "d", "h\u{0}", "h\u{5}",
    "q\u{0}", "X", "T",
  ].map { Array($0.utf8) } + [
    [0x80, 2], [0x81], [0x8f], [0x90], [0x91], [0x96], [0x85], [0x86], [0x87], [0x88], [0x89],
    [0x8a, 0xff], [0x8c], [0x93], [0x94],
    [0x95], [0x72, 0xff, 0xff, 0xff, 0xff], [0x6a, 0xff, 0xff, 0xff, 0x7f],
    [0x8a, 8] + littleEndian(Int.max), [0x8a, 8] + littleEndian(1 << 40),
    [0x4a] + littleEndian(Int32.min), [0x58] + littleEndian(UInt32.max),
  ]

private let zipTokens: [[UInt8]] = [
  littleEndian(UInt32(0x0403_4b50)), littleEndian(UInt32(0x0201_4b50)),
  littleEndian(UInt32(0x0605_4b50)), littleEndian(UInt32(0x0606_4b50)),
  littleEndian(UInt32(0x0706_4b50)), [1, 0, 24, 0], littleEndian(UInt64.max),
]
