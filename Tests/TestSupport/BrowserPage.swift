import Foundation

/// Opens a page from disk in headless Chromium and closes it afterwards.
///
///     try withBrowserPage(path) { page in
///       try page.press("ArrowRight")
///       #expect(try page.evaluate("document.title") == "Forward noising")
///       #expect(try page.problems() == [])
///     }
///
/// - Throws: `BrowserError`; also when no Chromium is installed, so that no test passes unseen.
public func withBrowserPage<R>(
  _ path: String, width: Int = 1280, height: Int = 800, dark: Bool = false,
  _ body: (BrowserPage) throws -> R
) throws -> R {
  let page = try BrowserPage(path, width: width, height: height, dark: dark)
  defer { page.close() }
  return try body(page)
}

/// A page in headless Chromium, with the keys, the pointer, the size and the colour scheme of a
/// reader. All that it logs, throws and asks the network for is kept.
public final class BrowserPage {
  private let browser: Browser
  private let context: String
  private let session: String
  private let address: String

  fileprivate init(_ path: String, width: Int, height: Int, dark: Bool) throws {
    browser = try Browser.shared()
    let browser = browser
    func ask(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: String] {
      try Self.result(of: browser.call(method, parameters))
    }
    context = try ask("Target.createBrowserContext")["browserContextId"] ?? ""
    let target = try ask(
      "Target.createTarget",
      ["url": "about:blank", "browserContextId": context, "width": width, "height": height])
    session =
      try ask(
        "Target.attachToTarget", ["targetId": target["targetId"] ?? "", "flatten": true])[
        "sessionId"] ?? ""
    address = URL(fileURLWithPath: path).absoluteString
    for domain in ["Page", "Runtime", "Log", "Network"] { try call(domain + ".enable") }
    try call("Emulation.setFocusEmulationEnabled", ["enabled": true])
    try resize(width: width, height: height)
    try setColours(dark: dark)
    try call("Page.navigate", ["url": address])
    try wait(for: "the page to load") {
      browser.events(of: session).contains { $0.method == "Page.loadEventFired" }
    }
  }

  fileprivate func close() {
    _ = try? browser.call("Target.disposeBrowserContext", ["browserContextId": context])
  }

  // MARK: The reader's setting

  /// The size of the window in CSS pixels.
  public func resize(width: Int, height: Int) throws {
    try call(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
  }

  /// - Parameters:
  ///   - print: as on paper.
  ///   - still: with as little motion as can be.
  public func setColours(dark: Bool, print: Bool = false, still: Bool = false) throws {
    let features = [
      ["name": "prefers-color-scheme", "value": dark ? "dark" : "light"],
      ["name": "prefers-reduced-motion", "value": still ? "reduce" : "no-preference"],
    ]
    try call("Emulation.setEmulatedMedia", ["media": print ? "print" : "", "features": features])
  }

  // MARK: What the reader does

  /// Presses and releases a key by its DOM name: "ArrowRight", "Home", "Tab", " ", "p".
  public func press(_ key: String, times: Int = 1) throws {
    let codes = [
      "Tab": 9, "Enter": 13, " ": 32, "PageUp": 33, "PageDown": 34, "End": 35, "Home": 36,
      "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Escape": 27,
    ]
    var event: [String: Any] = ["key": key, "code": key == " " ? "Space" : key]
    event["windowsVirtualKeyCode"] = codes[key]
    let text = key.count == 1 ? key : key == "Enter" ? "\r" : nil
    for _ in 0..<times {
      var down = event
      down["type"] = text == nil ? "rawKeyDown" : "keyDown"
      down["text"] = text
      try call("Input.dispatchKeyEvent", down)
      try call("Input.dispatchKeyEvent", event.merging(["type": "keyUp"]) { $1 })
    }
  }

  /// Moves the pointer over the element, to a place given as shares of its size.
  public func point(at selector: String, x: Double = 0.5, y: Double = 0.5) throws {
    let place = try self.place(of: selector, x, y)
    try mouse("mouseMoved", place)
  }

  public func click(_ selector: String, x: Double = 0.5, y: Double = 0.5) throws {
    let place = try self.place(of: selector, x, y)
    try mouse("mouseMoved", place)
    try mouse("mousePressed", place)
    try mouse("mouseReleased", place)
  }

  private func mouse(_ type: String, _ place: [Double]) throws {
    var event: [String: Any] = ["type": type, "x": place[0], "y": place[1]]
    if type != "mouseMoved" {
      event.merge(["button": "left", "clickCount": 1, "buttons": 1]) { $1 }
    }
    try call("Input.dispatchMouseEvent", event)
  }

  /// Scrolls the element into sight.
  /// - Returns: the place in it, in the window's coordinates.
  private func place(of selector: String, _ x: Double, _ y: Double) throws -> [Double] {
    try evaluate(
      """
      (() => {
        const element = document.querySelector(\(try Self.literal(selector)));
        if (!element) throw new Error("no element " + \(try Self.literal(selector)));
        element.scrollIntoView({ block: "center", behavior: "instant" });
        const box = element.getBoundingClientRect();
        return [box.left + box.width * \(x), box.top + box.height * \(y)];
      })()
      """)
  }

  // MARK: What the page says

  /// The value of a JavaScript expression; a promise is awaited.
  /// - Throws: `BrowserError.exception`, or a decoding error when the value is no `Value`.
  public func evaluate<Value: Decodable>(
    _ expression: String, as type: Value.Type = Value.self
  ) throws -> Value {
    let answer = try call(
      "Runtime.evaluate",
      ["expression": expression, "returnByValue": true, "awaitPromise": true, "userGesture": true])
    if let exception = try Self.result(of: answer, as: Evaluation<Ignored>.self).exceptionDetails {
      throw BrowserError.exception(exception.summary)
    }
    return try Self.result(of: answer, as: Evaluation<Value>.self).result.value
  }

  /// Runs JavaScript for what it does.
  public func run(_ script: String) throws {
    _ = try evaluate("(() => { \(script)\n return true; })()", as: Bool.self)
  }

  /// Waits until a JavaScript expression is true.
  public func waitUntil(_ expression: String) throws {
    try wait(for: expression) { try evaluate("Boolean(\(expression))") }
  }

  /// Whatever a page should not do: errors and warnings on its console, exceptions, and requests for
  /// anything but itself and what it holds.
  public func problems() throws -> [String] {
    try browser.events(of: session).compactMap { try problem(in: $0) }
  }

  private func problem(in event: Browser.Event) throws -> String? {
    switch event.method {
    case "Runtime.exceptionThrown":
      let thrown = try Self.parameters(of: event, as: Thrown.self)
      return "exception: " + thrown.exceptionDetails.summary
    case "Runtime.consoleAPICalled":
      let said = try Self.parameters(of: event, as: Said.self)
      let words = said.args.map { $0.description ?? $0.value?.text ?? "" }
      return "console.\(said.type): \(words.joined(separator: " "))"
    case "Log.entryAdded":
      let entry = try Self.parameters(of: event, as: Logged.self).entry
      return "\(entry.source) \(entry.level): \(entry.text)"
    case "Network.requestWillBeSent":
      let url = try Self.parameters(of: event, as: Requested.self).request.url
      let isOwn = url == address || url.hasPrefix("data:") || url.hasPrefix("blob:")
      return isOwn ? nil : "request: \(url.prefix(200))"
    default: return nil
    }
  }

  /// The families of the fonts that an element's own text is drawn in.
  public func fonts(of selector: String) throws -> Set<String> {
    for domain in ["DOM", "CSS"] { try call(domain + ".enable") }
    let document = try Self.result(of: call("DOM.getDocument"), as: Root.self)
    let found = try Self.result(
      of: call(
        "DOM.querySelectorAll", ["nodeId": document.root.nodeId, "selector": selector]),
      as: Nodes.self)
    return try found.nodeIds.reduce(into: []) { families, node in
      let used = try Self.result(
        of: call("CSS.getPlatformFontsForNode", ["nodeId": node]), as: UsedFonts.self)
      families.formUnion(used.fonts.map(\.familyName))
    }
  }

  /// A picture of the window, or of the whole page.
  /// - Returns: a PNG.
  public func screenshot(wholePage: Bool = false) throws -> Data {
    let size: [Int] = try evaluate(
      "[innerWidth, innerHeight, Math.ceil(document.documentElement.scrollHeight)]")
    if wholePage { try resize(width: size[0], height: size[2]) }
    defer { if wholePage { try? resize(width: size[0], height: size[1]) } }
    // Two frames, so that what follows the size has been drawn.
    _ = try evaluate(
      "new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(true))))",
      as: Bool.self)
    let answer = try call("Page.captureScreenshot", ["format": "png"])
    let encoded = try Self.result(of: answer, as: [String: String].self)["data"] ?? ""
    return Data(base64Encoded: encoded) ?? Data()
  }

  // MARK: Talking to the browser

  @discardableResult
  private func call(_ method: String, _ parameters: [String: Any] = [:]) throws -> Data {
    try browser.call(method, parameters, session: session)
  }

  private func wait(for what: String, _ isReached: () throws -> Bool) throws {
    let end = Date(timeIntervalSinceNow: 120)
    while try !isReached() {
      guard Date() < end else { throw BrowserError.noAnswer("waiting for \(what)") }
      usleep(20_000)
    }
  }

  private static func literal(_ text: String) throws -> String {
    String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
  }

  private static func result<Value: Decodable>(
    of answer: Data, as type: Value.Type = Value.self
  ) throws -> Value {
    try JSONDecoder().decode(Answer<Value>.self, from: answer).result
  }

  private static func parameters<Value: Decodable>(
    of event: Browser.Event, as type: Value.Type
  ) throws -> Value {
    try JSONDecoder().decode(Notice<Value>.self, from: event.message).params
  }
}

// MARK: - What the protocol says

private struct Answer<Value: Decodable>: Decodable { var result: Value }
private struct Notice<Value: Decodable>: Decodable { var params: Value }

private struct Ignored: Decodable {
  init(from decoder: any Decoder) {}
}

private struct Evaluation<Value: Decodable>: Decodable {
  struct Remote: Decodable { var value: Value }
  var result: Remote
  var exceptionDetails: ExceptionDetails?
}

private struct Root: Decodable {
  struct Node: Decodable { var nodeId: Int }
  var root: Node
}

private struct Nodes: Decodable { var nodeIds: [Int] }

private struct UsedFonts: Decodable {
  struct Font: Decodable { var familyName: String }
  var fonts: [Font]
}

private struct ExceptionDetails: Decodable {
  struct Thrown: Decodable { var description: String? }
  var text: String
  var exception: Thrown?
  var summary: String { exception?.description ?? text }
}

private struct Thrown: Decodable { var exceptionDetails: ExceptionDetails }

private struct Said: Decodable {
  struct Word: Decodable {
    var description: String?
    var value: Primitive?
  }
  var type: String
  var args: [Word]
}

/// A value that the console was told, as text.
private struct Primitive: Decodable {
  var text: String
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let number = try? container.decode(Double.self)
    text = (try? container.decode(String.self)) ?? number?.description ?? "…"
  }
}

private struct Logged: Decodable {
  struct Entry: Decodable {
    var source: String
    var level: String
    var text: String
  }
  var entry: Entry
}

private struct Requested: Decodable {
  struct Request: Decodable { var url: String }
  var request: Request
}
