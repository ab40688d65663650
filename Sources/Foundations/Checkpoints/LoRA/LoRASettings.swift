import Foundation
import JSON

/// How peft scales a LoRA: `adapter_config.json`, or what diffusers keeps of it in a file's metadata.
///
///     factor = lora_alpha / r,    with use_rslora lora_alpha / √r
///
/// A LoHa's and a LoKr's settings call it `alpha`.
/// Source: peft 0.21, `LoraLayer.update_layer`; rank-stabilised LoRA (arXiv:2312.03732).
struct LoRASettings {
  let file: String
  /// Of which relative they are.
  let form: LoRALayer.Form
  private let rank: Int
  private let alpha: Double
  private let rankPattern: [String: Int]
  private let alphaPattern: [String: Double]
  private let isRankStabilized: Bool

  /// - Parameters:
  ///   - node: an object.
  ///   - prefix: before each of its keys.
  /// - Throws: `JSONError` for what is not carried out here.
  init(_ node: JSONNode, prefix: String = "") throws {
    file = node.file
    form = try Self.form(node.find("\(prefix)peft_type"))
    for flag in ["use_dora", "fan_in_fan_out", "lora_bias", "use_qalora"] {
      if let setting = try node.find(prefix + flag), try setting.bool() {
        throw setting.failure(expected: "false: this is not read here")
      }
    }
    rank = try node["\(prefix)r"].integer(in: 1...LoRAFile.highestRank)
    alpha = try node[prefix + (form == .lora ? "lora_alpha" : "alpha")].number()
    rankPattern = try Self.pattern(node.find("\(prefix)rank_pattern")) {
      try $0.integer(in: 1...LoRAFile.highestRank)
    }
    alphaPattern = try Self.pattern(node.find("\(prefix)alpha_pattern")) { try $0.number() }
    isRankStabilized = try node.find("\(prefix)use_rslora")?.bool() ?? false
  }

  private static func form(_ kind: JSONNode?) throws -> LoRALayer.Form {
    guard let kind else { return .lora }
    switch try kind.string() {
    case "LORA": return .lora
    case "LOHA": return .loha
    case "LOKR": return .lokr
    default: throw kind.failure(expected: "\"LORA\", \"LOHA\" or \"LOKR\"")
    }
  }

  /// What a file's metadata says of each part that it names; under nil what it says of all.
  static func inMetadata(_ text: String, of file: String) throws -> [LoRAPart?: LoRASettings] {
    let node = try JSONNode(
      parsing: Data(text.utf8), file: file, part: "metadata \(metadataKey)")
    var settings: [LoRAPart?: LoRASettings] = [:]
    if try node.find("r") != nil { settings[.none] = try LoRASettings(node) }
    for part in LoRAPart.allCases where try node.find("\(part.rawValue).r") != nil {
      settings[part] = try LoRASettings(node, prefix: "\(part.rawValue).")
    }
    return settings
  }

  /// Where diffusers, from 0.34, keeps the settings in a safetensors file.
  static let metadataKey = "lora_adapter_metadata"

  private static func pattern<Value>(
    _ node: JSONNode?, _ read: (JSONNode) throws -> Value
  ) throws -> [String: Value] {
    let members = try node?.members() ?? [:]
    for (name, value) in members
    where name.drop(while: { $0 == "^" }).contains(where: { "*+?[](){}|\\^$".contains($0) }) {
      throw value.failure(expected: "a layer's name as its key; patterns are not read here")
    }
    return try members.mapValues(read)
  }

  /// The value for a layer: that of the longest name which the layer's ends with.
  private func value<Value>(_ pattern: [String: Value], _ layer: String) -> Value? {
    let names = pattern.keys.filter { name in
      name.hasPrefix("^")
        ? layer == name.dropFirst() : layer == name || layer.hasSuffix(".\(name)")
    }
    return names.max { ($0.count, $0) < ($1.count, $1) }.flatMap { pattern[$0] }
  }

  func rank(of layer: String) -> Int { value(rankPattern, layer) ?? rank }
  func alpha(of layer: String) -> Double { value(alphaPattern, layer) ?? alpha }

  func factor(of layer: String) -> Double {
    let rank = Double(rank(of: layer))
    return alpha(of: layer) / (isRankStabilized ? rank.squareRoot() : rank)
  }
}
