import { render } from "preact";
import { followVersions } from "./offline/versions";
import { follow, startUp } from "./state/work";
import "./style.css";
import { App } from "./ui/App";
import { listenToKeys } from "./ui/keys";

render(<App />, document.getElementById("studio")!);
listenToKeys();
follow();
void startUp();
void followVersions();
