import Foundation
import Pages
import TestSupport
import Testing

@Suite("A page for every reader") struct AccessibilityTests {
  @Test("for readers who want little motion nothing glides")
  func still() throws {
    try DemoPage.inBrowser { page in
      let scrolling = "getComputedStyle(document.documentElement).scrollBehavior"
      #expect(try page.evaluate(scrolling) == "smooth")
      try page.setColours(dark: false, still: true)
      #expect(try page.evaluate(scrolling) == "auto")
    }
  }

  @Test("the page of every component breaks no rule of WCAG 2.2, and each kind of fault is found")
  func rules() throws {
    try DemoPage.inBrowser { page in
      #expect(try page.accessibilityProblems() == [])
      try page.run(
        """
        document.querySelector("h1").style.color = "light-dark(black, #333)";
        document.querySelector(".play").removeAttribute("aria-label");
        document.querySelector(".play").removeAttribute("title");
        """)
      let found = try page.accessibilityProblems()
      #expect(found.contains { $0.hasPrefix("dark: color-contrast: <h1") })
      #expect(!found.contains { $0.hasPrefix("light: color-contrast") })
      for place in ["light", "phone", "stage"] {
        #expect(found.contains { $0.hasPrefix("\(place): button-name: <button type=\"button\"") })
      }
    }
  }

  @Test("every colour of text and curves stands out from the paper", arguments: [false, true])
  func colours(dark: Bool) throws {
    try DemoPage.inBrowser { page in
      try page.setColours(dark: dark)
      let contrasts: [String: Double] = try page.evaluate(
        """
        (() => {
          const style = getComputedStyle(document.documentElement);
          const light = name => {
            const hex = style.getPropertyValue(name).trim().slice(1);
            const digits = hex.length === 3 ? [...hex].map(d => d + d) : hex.match(/../g);
            const [r, g, b] = digits.map(d => parseInt(d, 16) / 255)
              .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const names = ["ink", "quiet", "signal", "noise", "condition", "prediction", "error",
            "neutral", ...[0, 1, 2, 3, 4, 5].map(i => `series-${i}`)];
          const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
          return Object.fromEntries(["paper", "wash"].flatMap(ground => names.map(name =>
            [`${name} on ${ground}`, ratio(light("--" + name), light("--" + ground))])));
        })()
        """)
      #expect(contrasts.count == 28)
      #expect(contrasts.filter { $0.value < 4.5 }.isEmpty)
    }
  }

  @Test("the Tab key reaches every control, and each of them works without a mouse")
  func keyboard() throws {
    try DemoPage.inBrowser { page in
      var stops: [String] = []
      func tab() throws -> String {
        try page.press("Tab")
        return try page.evaluate(
          """
          (e => e === document.body ? "" : [e.tagName.toLowerCase(), ...e.classList].join(".")
            + (e.type === "radio" || e.type === "range" ? "." + e.type : ""))(document.activeElement)
          """)
      }
      func position(_ timeline: Int) throws -> String {
        try page.evaluate("document.querySelectorAll('.position b')[\(timeline)].textContent")
      }
      // Around once, doing at each stop what it is for.
      for _ in 0..<60 {
        let stop = try tab()
        if stop == "" || stops.count > 1 && stop == stops[0] { break }
        stops.append(stop)
        switch stop {
        case "input.radio":
          try page.press("ArrowRight")
          #expect(try page.evaluate("document.activeElement.value") == "1")
        case "input.range" where stops.filter { $0 == stop }.count == 1:
          try page.press("ArrowRight")
          #expect(try position(0) == "350")
        case "figure.current" where stops.filter { $0 == stop }.count == 1:
          // The film strip; its axis is the timeline's.
          try page.press("ArrowRight", times: 2)
          #expect(try position(0) == "450")
        case "figure.current":
          try page.press("Home")
          #expect(try position(1) == "a")
          try page.press("ArrowDown")
          try page.press("ArrowRight")
          #expect(try position(1) == "purple")
        case "div.frame.photograph" where stops.filter { $0 == stop }.count == 1:
          try page.press("ArrowDown")
          let reading: String = try page.evaluate("document.querySelector('.reading').textContent")
          #expect(reading == "(48, 49) RGB " + reading.split(separator: "RGB ").last!)
          #expect(try position(0) == "300")
        default: break
        }
      }
      let missing: [String] = try page.evaluate(
        """
        [...document.querySelectorAll("button, a[href], input:checked, input[type=range], summary, [role]")]
          .filter(e => e.tabIndex < 0 && e.matches("button, a, input, summary")).map(e => e.outerHTML)
        """)
      #expect(missing == [])
      #expect(
        Set(stops).isSuperset(of: [
          "button.copy", "button.to-stage", "input.radio", "input.range", "button.play",
          "button.speed", "figure.current", "div.frame.photograph",
        ]), "\(stops)")
      #expect(try page.problems() == [])
    }
  }
}
