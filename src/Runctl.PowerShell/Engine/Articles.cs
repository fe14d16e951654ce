namespace Runctl.PowerShell.Engine;

/// <summary>The indefinite article before names of types.</summary>
internal static class Articles
{
    /// <summary>The name after its article: an Int32, a String.</summary>
    public static string WithArticle(this string name) => $"{("AEIOaeio".Contains(name[0], StringComparison.Ordinal) ? "an" : "a")} {name}";
}
